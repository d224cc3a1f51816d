import { type BigIntStats, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inFolder, temporaryPath, writeAtomically } from '../files/atomic.js';
import { guarded, systemCode } from '../files/error.js';
import type { MaybePromise } from '../files/maybe-promise.js';
import { removeLeftovers } from '../files/remove.js';
import { checkFolders } from '../files/trust.js';
import type { TaskId } from '../values.js';
import { treeOf } from './artifacts.js';
import { foreignFiles, moveAside } from './aside.js';
import type { Blobs } from './blobs.js';
import { Journal } from './journal.js';
import { fileName, pipelineFolderName } from './names.js';
import { isSettled, stampOf } from './stat-cache.js';
import { isLinked, linkTree, removeLinks, removeUnlessFolder, replaceFolder, type Tree } from './tree.js';
import type { TaskKey, TaskResult } from './types.js';

const draftsFolder = '.tmp';
/** Where files go that were in the place of a result, and are none. */
const asideFolder = '.aside';

/** Where a task stands in its pipeline. */
export interface TaskPlace {
  readonly stage: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A task whose outputs are shown. */
export interface Shown extends TaskPlace {
  readonly id: TaskId;
  /** Names inside its folder, by output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * The folder of one pipeline: the readable tree of links to blobs, for each task which key it had when it was last
 * shown, logs, and notes of runs and jobs.
 */
export class Published {
  /** The pipeline's folder. */
  readonly folder: string;
  /** For drafts: a store may lie on another file system. */
  readonly #temporary: string;
  readonly #blobs: Blobs;
  /** By task: `<key> <folder> <stamp>`. */
  readonly #notes: Journal;
  /** Folders between stages and tasks that have been cleared: they may have ten thousand entries. */
  readonly #cleared = new Set<string>();

  /** @throws StoreError if others have put something in the place of its folders */
  constructor(artifacts: string, pipeline: string, blobs: Blobs) {
    this.folder = join(artifacts, pipelineFolderName(pipeline));
    this.#temporary = join(this.folder, draftsFolder);
    const own = [draftsFolder, asideFolder, '.logs', '.runs', '.slurm', '.slurm/keys'];
    checkFolders([this.folder, ...own.map((name) => join(this.folder, name))]);
    this.#blobs = blobs;
    removeLeftovers(this.#temporary);
    this.#notes = new Journal(join(this.folder, '.latest'), this.#temporary);
  }

  /** See `Journal`. */
  close(): void {
    this.#notes.close();
  }

  /** Where a task's outputs are shown. */
  folderOf(task: TaskPlace): string {
    return `${this.folder}/${placeOf(task)}`;
  }

  /** Where a task's log is, or goes. The folder need not exist. */
  logPath(task: TaskId): string {
    return join(this.folder, '.logs', `${fileName(task)}.log`);
  }

  /** Where the runs are noted. The folder need not exist. */
  get runsFolder(): string {
    return join(this.folder, '.runs');
  }

  /** Where jobs on a cluster are noted. The folder need not exist. */
  get slurmFolder(): string {
    return join(this.folder, '.slurm');
  }

  /** Replaces one of the files in it, so that a crash leaves the old one or the new. */
  writeNote(path: string, text: string): Promise<void> {
    return guarded(path, () => writeAtomically(path, [text], this.#temporary));
  }

  /** The key that a task had when it was last shown, whether or not its record still is there. */
  latestKey(task: TaskId): TaskKey | undefined {
    return this.#noteOf(task)?.key;
  }

  /**
   * Shows a task's outputs in the place of what was there, and notes the record as the task's newest. Where both are so
   * already, nothing is written.
   *
   * @returns where files are now that users had put there: they are moved aside
   */
  show(task: Shown, { key, outputs }: TaskResult): MaybePromise<readonly string[]> {
    const place = placeOf(task);
    const target = `${this.folder}/${place}`;
    const readAt = Date.now();
    const seen = statOf(target);
    if (seen !== undefined && this.#notes.holds(task.id, `${key} ${place} ${stampOf(seen)}`)) return [];
    return guarded(target, async () => {
      const note = this.#noteOf(task.id);
      const tree = await this.#treeOf(task, outputs);
      const right = seen?.isDirectory() === true && isLinked(tree, target);
      const moved = right ? [] : await this.#replace(tree, target);
      // A folder's times tell of its own entries alone, and nothing of the content of those that are no links.
      const telling = right && isSettled(seen, readAt) && tree.folders.length === 0;
      const stamp =
        telling && tree.files.every(({ path }) => !path.includes('/') && isLink(`${target}/${path}`))
          ? stampOf(seen)
          : '';
      if (note?.key !== key || stamp !== '') this.#notes.set(task.id, `${key} ${place} ${stamp}`);
      return moved;
    });
  }

  async #treeOf(task: Shown, outputs: TaskResult['outputs']): Promise<Tree> {
    const files: Tree['files'][number][] = [];
    const folders: string[] = [];
    const links: Tree['links'][number][] = [];
    for (const [name, artifact] of Object.entries(outputs)) {
      const output = task.outputs[name] ?? name;
      const tree = await treeOf(this.#blobs, artifact);
      // One by one: hundreds of thousands are too many arguments.
      for (const file of tree.files)
        files.push({ ...file, path: file.path === '' ? output : `${output}/${file.path}` });
      for (const folder of tree.folders) folders.push(folder === '' ? output : `${output}/${folder}`);
      for (const link of tree.links) links.push({ ...link, path: `${output}/${link.path}` });
    }
    return { files, folders, links };
  }

  async #replace(tree: Tree, target: string): Promise<readonly string[]> {
    const moved = await this.#clearTheWay(target);
    const draft = temporaryPath(this.#temporary);
    try {
      mkdirSync(draft, { recursive: true });
      await linkTree(tree, draft, { movedTo: target });
      replaceFolder(draft, target, this.#temporary);
      return moved;
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** Links above the place are of an earlier form of the pipeline, where the stage had fewer axes. */
  async #clearTheWay(target: string): Promise<readonly string[]> {
    const moved: string[] = [];
    const clear = async (place: string) => {
      const foreign = await foreignFiles(place, this.#blobs);
      if (foreign.length > 0) moved.push(...moveAside(foreign, this.folder, this.#aside()));
    };
    for (let folder = dirname(target); folder.length > this.folder.length; folder = dirname(folder)) {
      if (this.#cleared.has(folder)) break;
      this.#cleared.add(folder);
      const found = statOf(folder);
      if (found === undefined) continue;
      if (!found.isDirectory()) await clear(folder);
      removeUnlessFolder(folder);
      removeLinks(folder);
    }
    if (statOf(target) === undefined) return moved;
    await clear(target);
    removeUnlessFolder(target);
    return moved;
  }

  /** A new folder, for what is moved now: nothing that was moved before may be written over. */
  #aside(): string {
    const now = join(this.folder, asideFolder, new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''));
    for (let n = 1; ; n++)
      try {
        const folder = n === 1 ? now : `${now}-${n}`;
        inFolder(dirname(folder), () => mkdirSync(folder));
        return folder;
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
  }

  #noteOf(task: TaskId): PublishedNote | undefined {
    return parseNote(this.#notes.get(task));
  }
}

/** What is noted of a task that was shown. */
export interface PublishedNote {
  readonly key: TaskKey;
  /** The folder that shows its outputs, relative to the pipeline's, with `/`. */
  readonly folder: string;
  /** Of that folder, if it was seen to be right; else empty. */
  readonly stamp: string;
}

/** Undefined if there is no note, or an empty one: that of a task that is shown no more. */
export function parseNote(text: string | undefined): PublishedNote | undefined {
  const [, key, folder, stamp] = /^([0-9a-f]{64}) (\S*) (.*)$/.exec(text ?? '') ?? [];
  return key === undefined ? undefined : { key: key as TaskKey, folder: folder!, stamp: stamp! };
}

function placeOf({ stage, labels }: TaskPlace): string {
  // Stages of an included pipeline lie in a folder of its name.
  let place = stage.includes('/') ? stage.split('/').map(fileName).join('/') : fileName(stage);
  for (const axis in labels) place += `/${fileName(labels[axis]!)}`;
  return place;
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

function statOf(folder: string): BigIntStats | undefined {
  try {
    return lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // Somebody has put a file in the place of a folder above.
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
