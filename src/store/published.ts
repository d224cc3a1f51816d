import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Task, TaskId } from '../pipeline/task.js';
import { treeOf } from './artifacts.js';
import { temporaryPath } from './atomic.js';
import type { Blobs } from './blobs.js';
import { guarded } from './error.js';
import { Journal } from './journal.js';
import { fileName, pipelineFolderName } from './names.js';
import { isSettled, stampOf } from './stat-cache.js';
import { isCopied, isLinked, linkTree, removeFile, removeLinks, replaceFolder, type Tree } from './tree.js';
import type { TaskKey, TaskResult } from './types.js';

/** The readable tree of one pipeline: links to blobs, and for each task which key it had when it was last shown. */
export class Published {
  /** The pipeline's folder. */
  readonly folder: string;
  readonly #blobs: Blobs;
  readonly #temporary: string;
  /** By task: `<key> <folder> <stamp>`. */
  readonly #notes: Journal;
  /** Folders between stages and tasks that have been cleared: they may have ten thousand entries. */
  readonly #cleared = new Set<string>();

  constructor(artifacts: string, pipeline: string, blobs: Blobs, temporary: string) {
    this.folder = join(artifacts, pipelineFolderName(pipeline));
    this.#blobs = blobs;
    this.#temporary = temporary;
    this.#notes = new Journal(join(this.folder, '.latest'), temporary);
  }

  /** Where a task's outputs are shown. */
  folderOf(task: Pick<Task, 'stage' | 'labels'>): string {
    return `${this.folder}/${placeOf(task)}`;
  }

  /** The key that a task had when it was last shown, whether or not its record still is there. */
  keyOf(task: TaskId): TaskKey | undefined {
    return this.#noteOf(task)?.key;
  }

  /** Shows a task's outputs, in the place of what was there. Where they are shown already, nothing is written. */
  async show(task: Task, { key, outputs }: TaskResult): Promise<void> {
    const target = this.folderOf(task);
    const note = this.#noteOf(task.id);
    const seen = folderStamp(target);
    if (note?.key === key && note.stamp !== '' && note.stamp === seen?.stamp) return;
    await guarded(target, async () => {
      const tree = await this.#treeOf(task, outputs);
      const right = isLinked(tree, target);
      if (!right) await this.#replace(tree, target);
      // A folder's times tell of its own entries alone, and nothing of the content of those that are no links.
      const telling = right && seen?.settled === true && tree.folders.length === 0;
      const stamp =
        telling && tree.files.every((file) => !file.path.includes('/') && !isCopied(file)) ? seen.stamp : '';
      if (note?.key !== key || stamp !== '') this.#notes.set(task.id, `${key} ${placeOf(task)} ${stamp}`);
    });
  }

  async #treeOf(task: Task, outputs: TaskResult['outputs']): Promise<Tree> {
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

  async #replace(tree: Tree, target: string): Promise<void> {
    this.#clearTheWay(target);
    const draft = temporaryPath(this.#temporary);
    try {
      mkdirSync(draft, { recursive: true });
      await linkTree(tree, draft, target);
      replaceFolder(draft, target, this.#temporary);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  /** Links above the place are of an earlier form of the pipeline, where the stage had fewer axes. */
  #clearTheWay(target: string): void {
    for (let folder = dirname(target); folder.length > this.folder.length; folder = dirname(folder)) {
      if (this.#cleared.has(folder)) break;
      this.#cleared.add(folder);
      removeFile(folder);
      removeLinks(folder);
    }
    removeFile(target);
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

function placeOf({ stage, labels }: Pick<Task, 'stage' | 'labels'>): string {
  // Stages of an included pipeline lie in a folder of its name.
  let place = stage.split('/').map(fileName).join('/');
  for (const axis in labels) place += `/${fileName(labels[axis]!)}`;
  return place;
}

function folderStamp(folder: string): { readonly stamp: string; readonly settled: boolean } | undefined {
  const readAt = Date.now();
  const stat = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() === true ? { stamp: stampOf(stat), settled: isSettled(stat, readAt) } : undefined;
}
