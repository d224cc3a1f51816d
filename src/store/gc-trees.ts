import { existsSync, lstatSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { readRegularFile } from '../files/regular-file.js';
import { removePath } from '../files/remove.js';
import type { TaskId } from '../values.js';
import { foreignFiles, leadsToBlob } from './aside.js';
import type { Blobs } from './blobs.js';
import { Journal } from './journal.js';
import { lastUse } from './last-use.js';
import { filesBelow, namesIn } from './listing.js';
import { fileName, pipelineFolderName } from './names.js';
import { type PublishedNote, parseNote } from './published.js';
import type { TaskKey } from './types.js';

/** What is to be kept of a pipeline. */
export interface Kept {
  readonly pipeline: string;
  readonly tasks: ReadonlySet<TaskId>;
  /** Keys of its tasks, as far as they are known. */
  readonly keys: ReadonlySet<TaskKey>;
}

interface Note extends PublishedNote {
  readonly task: TaskId;
}

/** The readable trees of all pipelines, as `gc` sees them. */
export class GcTrees {
  /** The pipelines' folders. */
  readonly #trees: readonly string[];
  /** Tasks that are kept, by the pipeline's folder; undefined if all are. */
  readonly #kept: ReadonlyMap<string, ReadonlySet<TaskId>> | undefined;

  constructor(
    readonly folder: string,
    keep: readonly Kept[] | undefined,
    readonly remove: (kind: 'log', path: string, name: string) => void,
  ) {
    this.#trees = treesIn(folder);
    if (keep === undefined) return;
    const kept = new Map<string, ReadonlySet<TaskId>>();
    for (const { pipeline, tasks } of keep) {
      const tree = join(folder, pipelineFolderName(pipeline));
      kept.set(tree, new Set([...(kept.get(tree) ?? []), ...tasks]));
    }
    this.#kept = kept;
  }

  /** Keys of the results that the trees show of tasks that are kept, or that jobs may need. */
  keys(): TaskKey[] {
    return this.#trees.flatMap((tree) => {
      const shown = notesIn(this.#journalOf(tree)).filter(({ task }) => this.#isKept(tree, task));
      return [...shown.map(({ key }) => key), ...this.#keysForJobs(tree)];
    });
  }

  /**
   * Removes what trees show of tasks that are gone, or that leads nowhere. Files that users have put there stay.
   *
   * @param left the records that are left, with the times of their last use
   * @param blobs tells what the store held before
   */
  async sweep(
    left: ReadonlyMap<string, number>,
    blobs: Pick<Blobs, 'holds'>,
    horizon: number,
    dryRun: boolean,
  ): Promise<void> {
    for (const tree of this.#trees) {
      // Read once more: runs may have shown new results since.
      const journal = this.#journalOf(tree);
      const notes = notesIn(journal);
      const isGone = ({ task, key }: Note) => !left.has(key) || (!this.#isKept(tree, task) && left.get(key)! < horizon);
      const shown = notes.filter((note) => !isGone(note));
      const vanishes = this.#kept !== undefined && shown.length === 0 && isOld(join(tree, '.latest'), horizon, !dryRun);
      this.#sweepLogs(tree, shown);
      if (dryRun) continue;
      const folders = shown.map(({ folder }) => join(tree, folder));
      for (const { folder, task } of notes.filter(isGone)) {
        const place = join(tree, folder);
        removeExcept(place, [...folders, ...(await foreignFiles(place, blobs))]);
        removeEmptyFolders(tree, dirname(join(tree, folder)));
        if (!vanishes) journal.set(task, '');
      }
      removeDeadLinks(tree);
      if (vanishes) removeIfEmpty(tree);
    }
  }

  /** The logs that there are now. */
  logs(): { readonly count: number; readonly bytes: number } {
    const sizes = this.#trees.flatMap((tree) =>
      filesBelow(join(tree, '.logs')).map((path) => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0),
    );
    return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Keys of what jobs on a cluster have made, and may be waiting for, whatever is shown of it by now. */
  #keysForJobs(tree: string): TaskKey[] {
    if (this.#kept !== undefined && !this.#kept.has(tree)) return [];
    return filesBelow(join(tree, '.slurm/keys')).flatMap((path): TaskKey[] => {
      const key = textOf(path);
      return /^[0-9a-f]{64}$/.test(key) ? [key as TaskKey] : [];
    });
  }

  #journalOf(tree: string): Journal {
    return new Journal(join(tree, '.latest'), join(tree, '.tmp'));
  }

  #isKept(tree: string, task: TaskId): boolean {
    return this.#kept === undefined || this.#kept.get(tree)?.has(task) === true;
  }

  /** Logs of tasks that the pipeline has no more. Those of tasks that never were done are kept with it. */
  #sweepLogs(tree: string, shown: readonly Note[]): void {
    if (this.#kept === undefined) return;
    const tasks = [...(this.#kept.get(tree) ?? []), ...shown.map(({ task }) => task)];
    const wanted = new Set(tasks.map((task) => `${fileName(task)}.log`));
    for (const path of filesBelow(join(tree, '.logs')))
      if (!wanted.has(basename(path))) this.remove('log', path, `${basename(tree)}/${basename(path)}`);
  }
}

/** The folders of the pipelines that have shown something. */
export function treesIn(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => name !== 'store' && isTree(join(folder, name)))
    .map((name) => join(folder, name));
}

/** Empty where there is no file by now, or where it is none of ours. */
function textOf(path: string): string {
  try {
    return readRegularFile(path).toString();
  } catch {
    return '';
  }
}

/** Links are none of ours. */
function isTree(folder: string): boolean {
  return lstatSync(folder).isDirectory() && existsSync(join(folder, '.latest'));
}

function notesIn(journal: Journal): readonly Note[] {
  return journal.names().flatMap((task): Note[] => {
    const note = parseNote(journal.get(task));
    return note === undefined ? [] : [{ ...note, task: task as TaskId }];
  });
}

function removeDeadLinks(tree: string): void {
  for (const path of filesBelow(tree)) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true || existsSync(path)) continue;
    if (!leadsToBlob(path)) continue;
    rmSync(path, { force: true });
    removeEmptyFolders(tree, dirname(path));
  }
}

/** Removes a folder and those above it, up to the tree's own, as far as they are empty. */
function removeEmptyFolders(tree: string, folder: string): void {
  for (let at = folder; at.startsWith(tree + sep); at = dirname(at))
    try {
      rmdirSync(at);
    } catch {
      return;
    }
}

/** Removes a folder but for what is kept in it: a stage that has more axes now shows its results further down. */
function removeExcept(path: string, kept: readonly string[]): void {
  if (kept.includes(path)) return;
  if (kept.some((folder) => folder.startsWith(path + sep)))
    for (const name of namesIn(path)) removeExcept(join(path, name), kept);
  else removePath(path);
}

/** Removes the folder of a pipeline of which nothing is left but its notes. */
function removeIfEmpty(tree: string): void {
  const isNote = (path: string) => /^\.(file|latest|runs|tmp)$/.test(path.slice(tree.length + 1).split(sep)[0]!);
  if (filesBelow(tree).every(isNote)) removePath(tree);
}

function isOld(path: string, horizon: number, mayNote: boolean): boolean {
  return lastUse(path, lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0, Date.now(), mayNote) < horizon;
}
