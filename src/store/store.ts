import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Task, TaskId } from '../pipeline/task.js';
import { adopt, type BlobProblem, describe, findProblem, ingest, materialise, treeOf } from './artifacts.js';
import { inFolder, temporaryPath } from './atomic.js';
import { Blobs } from './blobs.js';
import { guarded, StoreError } from './error.js';
import { Journal } from './journal.js';
import { type Lock, type LockHolder, Locks } from './lock.js';
import { fileName, pipelineFolderName } from './names.js';
import { isToken, stateOf } from './process-identity.js';
import { Records } from './records.js';
import { openResumePoint, type StoredResumePoint } from './resume.js';
import { isSettled, StatCache, stampOf } from './stat-cache.js';
import { isLinked, linkTree, removeFile, removeLinks, replaceFolder, type Tree } from './tree.js';
import type { Artifact, TaskKey, TaskRecord, TaskResult } from './types.js';

/** The newest key of a task, and the stamp of the folder that shows its outputs if that was seen to be right. */
interface PublishedNote {
  readonly key: TaskKey;
  readonly stamp?: string;
}

/**
 * Artifacts by content, records by task key, and a readable tree that points into them:
 *
 *     artifacts/store/blobs/ab/cdef…                  files, read-only
 *     artifacts/store/records/ab/<key>.json           what finished tasks made
 *     artifacts/store/{locks,resume,quarantine,tmp}/
 *     artifacts/store/{verified,inputs,results}       journals of what was found out about files
 *     artifacts/<pipeline>/<stage>/<labels>/<output>  links to blobs, for people
 *     artifacts/<pipeline>/.latest                    journal of the newest key of each task
 *     artifacts/<pipeline>/.logs/                     the log of each task
 *
 * Every write is a temporary file, fsync, rename. Nothing is used before it is compared with its name. Any number of
 * processes may share a store.
 */
export class Store {
  /** Absolute path of `artifacts/`. */
  readonly folder: string;
  readonly #store: string;
  readonly #temporary: string;
  readonly #blobs: Blobs;
  readonly #records: Records;
  readonly #locks: Locks;
  readonly #inputs: StatCache;
  /** The newest key of each task, by pipeline. */
  readonly #latest = new Map<string, Journal>();

  private constructor(folder: string) {
    this.folder = resolve(folder);
    this.#store = join(this.folder, 'store');
    this.#temporary = join(this.#store, 'tmp');
    const verified = new StatCache(join(this.#store, 'verified'), this.#temporary);
    this.#blobs = new Blobs(this.#store, this.#temporary, verified);
    this.#records = new Records(this.#store, this.#temporary);
    this.#locks = new Locks(this.#store, this.#temporary);
    this.#inputs = new StatCache(join(this.#store, 'inputs'), this.#temporary);
  }

  /** Opens the store in `folder`, which need not exist. What dead processes of this host left half done is removed. */
  static open(folder: string): Store {
    const store = new Store(folder);
    store.#removeLeftovers();
    return store;
  }

  /** Takes a file or folder into the store. It stays where it is; the store has its own copy. */
  ingest(path: string): Promise<Artifact> {
    return ingest(this.#blobs, path);
  }

  /** Takes what a task has made in its work folder into the store, away from where it is. */
  adopt(path: string): Promise<Artifact> {
    return adopt(this.#blobs, path);
  }

  /**
   * The artifact that a file or folder of the user's would be. It is read only if it changed since the last time.
   *
   * @throws StoreError `E_INPUT_MISSING`; `E_INPUT_CHANGED` if it is being written to
   */
  describe(path: string): Promise<Artifact> {
    return describe(path, this.#inputs);
  }

  /**
   * Takes in a file or folder that the plan has seen as `expected`.
   *
   * @throws StoreError `E_INPUT_CHANGED` if it is not that any more
   */
  async ingestExpected(path: string, expected: Artifact): Promise<void> {
    if ((await this.describe(path)).digest === expected.digest && (await this.has(expected))) return;
    if ((await this.ingest(path)).digest !== expected.digest)
      throw new StoreError('E_INPUT_CHANGED', `${path} changed during the run.`, 'Run again.');
  }

  /** Are all blobs of an artifact there, with the right bytes? Damaged ones are set aside. */
  async has(artifact: Artifact): Promise<boolean> {
    return (await this.problemOf(artifact)) === undefined;
  }

  /** Which blob of an artifact can't be used; undefined if all are good. */
  problemOf(artifact: Artifact): Promise<BlobProblem | undefined> {
    return findProblem(this.#blobs, artifact);
  }

  /**
   * Puts an artifact at `target`, which must not exist: as links to read-only blobs, or as a copy that may be changed.
   *
   * @param what names it in errors, such as `The input "data"`
   * @throws StoreError `E_STORE_MISSING`, `E_STORE_CORRUPT`
   */
  materialise(artifact: Artifact, target: string, mode: 'link' | 'copy', what = 'An artifact'): Promise<void> {
    return guarded(target, () => materialise(this.#blobs, artifact, target, mode, what));
  }

  /** The record of a key. A damaged one is set aside and counts as none. */
  record(key: TaskKey): Promise<TaskRecord | undefined> {
    return this.#records.read(key);
  }

  /** What a key's record says of the result: all that is needed to use it, and faster to find than the record. */
  result(key: TaskKey): Promise<TaskResult | undefined> {
    return this.#records.result(key);
  }

  /** Writes a record: the last step of a task, after all its outputs are ingested. */
  writeRecord(record: TaskRecord): Promise<void> {
    return this.#records.write(record);
  }

  /** The key that a task of a pipeline had when it was last published, whether or not its record still is there. */
  latestKey(pipeline: string, task: TaskId): TaskKey | undefined {
    return this.#noteOf(pipeline, task)?.key;
  }

  /**
   * Shows a task's outputs in the readable tree, in the place of what was there, and notes the record as the task's
   * newest. Where both are so already, nothing is written.
   */
  async publish(pipeline: string, task: Task, result: TaskResult): Promise<void> {
    const target = this.publishedFolder(pipeline, task);
    const note = this.#noteOf(pipeline, task.id);
    await guarded(target, async () => {
      const seen = folderStamp(target);
      if (note?.key === result.key && note.stamp !== undefined && note.stamp === seen?.stamp) return;
      const tree = await this.#outputTree(task, result);
      const asItShouldBe = isLinked(tree, target);
      if (!asItShouldBe) {
        this.#clearTheWay(pipeline, target);
        const draft = temporaryPath(this.#temporary);
        try {
          mkdirSync(draft, { recursive: true });
          await linkTree(tree, draft, target);
          replaceFolder(draft, target, this.#temporary);
        } finally {
          rmSync(draft, { recursive: true, force: true });
        }
      }
      // A folder's times tell of its own entries alone, and nothing of the content of those that are no links.
      const telling = asItShouldBe && seen?.settled === true && tree.folders.length === 0;
      const stamp = telling && tree.files.every(({ path }) => !path.includes('/')) ? seen.stamp : undefined;
      if (note?.key !== result.key || stamp !== undefined)
        this.#latestOf(pipeline).set(task.id, { key: result.key, ...(stamp === undefined ? {} : { stamp }) });
    });
  }

  /** Where the readable tree shows a task's outputs. */
  publishedFolder(pipeline: string, task: Pick<Task, 'stage' | 'labels'>): string {
    const labels = Object.values(task.labels).map(fileName);
    return join(this.folder, pipelineFolderName(pipeline), fileName(task.stage), ...labels);
  }

  /** Where a task's log is, or goes. The folder need not exist. */
  logPath(pipeline: string, task: TaskId): string {
    return join(this.folder, pipelineFolderName(pipeline), '.logs', `${fileName(task)}.log`);
  }

  /** Mid-way state of the task with this key. */
  resumePoint(key: TaskKey): StoredResumePoint {
    return openResumePoint(this.#store, key, this.#temporary);
  }

  /** A new folder for one attempt at a task. The caller removes it; if it dies, the next `open` does. */
  async workFolder(): Promise<string> {
    const folder = temporaryPath(this.#temporary);
    await guarded(folder, async () => inFolder(this.#temporary, () => mkdirSync(folder)));
    return folder;
  }

  /**
   * The right to compute the task with this key: waits for whoever else does. Look for the record again before
   * computing: another run may have written it meanwhile.
   */
  lock(
    key: TaskKey,
    options?: { readonly signal?: AbortSignal; readonly onWait?: (holder: LockHolder) => void },
  ): Promise<Lock> {
    return this.#locks.acquire(key, options);
  }

  /** What was noted when a task was last published. */
  #noteOf(pipeline: string, task: TaskId): PublishedNote | undefined {
    const note = this.#latestOf(pipeline).get(task) as PublishedNote | undefined;
    return /^[0-9a-f]{64}$/.test(note?.key ?? '') ? note : undefined;
  }

  #latestOf(pipeline: string): Journal {
    let journal = this.#latest.get(pipeline);
    if (journal === undefined) {
      journal = new Journal(join(this.folder, pipelineFolderName(pipeline), '.latest'), this.#temporary);
      this.#latest.set(pipeline, journal);
    }
    return journal;
  }

  async #outputTree(task: Task, { outputs }: TaskResult): Promise<Tree> {
    const files: Tree['files'][number][] = [];
    const folders: string[] = [];
    for (const [name, artifact] of Object.entries(outputs)) {
      const output = task.outputs[name] ?? name;
      const tree = await treeOf(this.#blobs, artifact);
      files.push(
        ...tree.files.map((file) => ({ ...file, path: file.path === '' ? output : `${output}/${file.path}` })),
      );
      folders.push(...tree.folders.map((folder) => (folder === '' ? output : `${output}/${folder}`)));
    }
    return { files, folders };
  }

  /** Links above the place are of an earlier form of the pipeline, where the stage had fewer axes. */
  #clearTheWay(pipeline: string, target: string): void {
    const top = join(this.folder, pipelineFolderName(pipeline));
    for (let folder = dirname(target); folder.length > top.length; folder = dirname(folder)) {
      removeFile(folder);
      removeLinks(folder);
    }
    removeFile(target);
  }

  #removeLeftovers(): void {
    let names: string[];
    try {
      names = readdirSync(this.#temporary);
    } catch {
      return;
    }
    for (const name of names.filter((name) => isToken(name) && stateOf(name) === 'dead'))
      try {
        rmSync(join(this.#temporary, name), { recursive: true, force: true });
      } catch {
        // Another user's: that one will remove it.
      }
  }
}

function folderStamp(folder: string): { readonly stamp: string; readonly settled: boolean } | undefined {
  const readAt = Date.now();
  const stat = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() === true ? { stamp: stampOf(stat), settled: isSettled(stat, readAt) } : undefined;
}
