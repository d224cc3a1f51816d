import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inFolder, temporaryPath } from '../files/atomic.js';
import { guarded, StoreError } from '../files/error.js';
import { FolderSync } from '../files/folder-sync.js';
import type { MaybePromise } from '../files/maybe-promise.js';
import type { Reading } from '../files/reading.js';
import { removeLeftovers } from '../files/remove.js';
import { checkStore, isWritable } from '../files/trust.js';
import {
  adopt,
  type BlobProblem,
  describe,
  findProblem,
  ingest,
  type LayingOut,
  materialise,
  touch,
  treeOf,
  type Watch,
} from './artifacts.js';
import { Blobs } from './blobs.js';
import { firstDifference } from './difference.js';
import { Collection, defaultGrace, type GcOptions, type GcReport } from './gc.js';
import { namesIn } from './listing.js';
import { type Jobs, type Lock, type LockHolder, type LockOptions, Locks } from './lock.js';
import { Published } from './published.js';
import { Records } from './records.js';
import { openResumePoint, type StoredResumePoint } from './resume.js';
import { StatCache } from './stat-cache.js';
import type { Artifact, TaskKey, TaskRecord, TaskResult } from './types.js';
import { defaultInterval, noLock, Uses } from './use.js';
import { WorkFolders } from './work-folders.js';

export interface StoreOptions {
  /**
   * Folder for notes of what was found out about files. Default: the store's own. With an empty one nothing is taken for
   * granted: every file is read that is asked for.
   */
  readonly notes?: string;
  /** See `Uses`, in milliseconds. */
  readonly useInterval?: number;
  /** Whom to ask for processes on other hosts. */
  readonly jobs?: Jobs;
}

/**
 * Artifacts by content, records by task key, and a readable tree that points into them:
 *
 *     artifacts/store/blobs/ab/cdef…                  files, read-only
 *     artifacts/store/records/ab/<key>.json           what finished tasks made
 *     artifacts/store/{locks,resume,quarantine,reports,tmp}/
 *     artifacts/store/{verified,inputs,results}       journals of what was found out about files
 *     artifacts/<pipeline>/<stage>/<labels>/<output>  links to blobs, for people
 *     artifacts/<pipeline>/.latest                    journal of the newest key of each task
 *     artifacts/<pipeline>/.logs/                     the log of each task
 *     artifacts/<pipeline>/.file                      which file it belongs to
 *     artifacts/<pipeline>/.runs/                     which key each task had in which run
 *     artifacts/<pipeline>/.slurm/                    what its jobs on a cluster were told, and say
 *     artifacts/<pipeline>/{.aside,.tmp}/             files of users that were in the place of a result; drafts
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
  readonly #uses: Uses;
  readonly #inputs: StatCache;
  readonly #verified: StatCache;
  readonly #sync = new FolderSync();
  readonly #published = new Map<string, Published>();

  private constructor(folder: string, { notes, useInterval = defaultInterval, jobs }: StoreOptions) {
    this.folder = resolve(folder);
    this.#store = join(this.folder, 'store');
    this.#temporary = join(this.#store, 'tmp');
    this.#locks = new Locks(this.#store, jobs);
    this.#uses = new Uses(this.#store, this.#locks, useInterval);
    const noted = notes ?? this.#store;
    this.#verified = new StatCache(join(noted, 'verified'), this.#temporary);
    this.#blobs = new Blobs(this.#store, this.#temporary, this.#verified, this.#sync, this.#uses);
    this.#records = new Records(this.#store, this.#temporary, noted, this.#sync, this.#uses);
    this.#inputs = new StatCache(join(noted, 'inputs'), this.#temporary);
  }

  /**
   * Opens the store in `folder`, which need not exist. What dead processes of this host left half done is removed.
   *
   * @throws StoreError if others could have it write somewhere else
   */
  static open(folder: string, options: StoreOptions = {}): Store {
    checkStore(resolve(folder));
    const store = new Store(folder, options);
    removeLeftovers(store.#temporary);
    return store;
  }

  /** False before anything has run: to look at it is then no reason to make one. */
  get exists(): boolean {
    return existsSync(this.#store);
  }

  /** What artifacts are made of, for what carries them from store to store. */
  get blobs(): Blobs {
    return this.#blobs;
  }

  /** Takes a file or folder into the store. It stays where it is; the store has its own copy. */
  ingest(path: string, reading?: Reading): Promise<Artifact> {
    return ingest(this.#blobs, path, reading);
  }

  /** Takes what a task has made in its work folder into the store, away from where it is. */
  adopt(path: string, reading?: Reading): Promise<Artifact> {
    return adopt(this.#blobs, path, reading);
  }

  /**
   * The artifact that a file or folder of the user's would be. It is read only if it changed since the last time.
   *
   * @throws StoreError `E_INPUT_MISSING`; `E_INPUT_CHANGED` if it is being written to
   */
  describe(path: string, reading?: Reading): Promise<Artifact> {
    return describe(path, this.#inputs, reading);
  }

  /**
   * Takes in a file or folder that the plan has seen as `expected`.
   *
   * @throws StoreError `E_INPUT_CHANGED` if it is not that any more
   */
  async ingestExpected(path: string, expected: Artifact, reading?: Reading): Promise<void> {
    const unchanged = (await this.describe(path, reading)).digest === expected.digest;
    const isThere = async () => (await this.problemOf(expected, reading)) === undefined;
    if (unchanged && (await isThere()) && (await touch(this.#blobs, expected))) return;
    if ((await this.ingest(path, reading)).digest !== expected.digest)
      throw new StoreError('E_INPUT_CHANGED', `${path} changed during the run.`, 'Run again.');
  }

  /** True if all blobs of an artifact are there, with the right bytes. Damaged ones are set aside. */
  async has(artifact: Artifact): Promise<boolean> {
    return (await this.problemOf(artifact)) === undefined;
  }

  /** Which blob of an artifact can't be used; undefined if all are good. */
  problemOf(artifact: Artifact, reading?: Reading): MaybePromise<BlobProblem | undefined> {
    return findProblem(this.#blobs, artifact, reading);
  }

  /**
   * Puts an artifact at `target`, where nothing may be but an earlier link in the place of a file: as links to read-only blobs,
   * or as a copy that may be changed.
   *
   * @returns what tells at any later time whether it is still what it was: of links, whether what is in the store is untouched
   *   (damaged blobs are set aside); of a copy, whether its files have their bytes
   * @throws StoreError `E_STORE_MISSING`, `E_STORE_CORRUPT`
   */
  materialise(artifact: Artifact, target: string, how: LayingOut): Promise<Watch> {
    return guarded(target, () => materialise(this.#blobs, artifact, target, how));
  }

  /** The first difference between an artifact and one of another store, in words; undefined if there is none. */
  async difference(artifact: Artifact, other: Artifact, store: Store): Promise<string | undefined> {
    if (artifact.kind !== other.kind) return `it is a ${other.kind}, and was a ${artifact.kind}`;
    if (artifact.digest === other.digest && artifact.executable === other.executable) return undefined;
    return firstDifference(await treeOf(this.#blobs, artifact), await treeOf(store.#blobs, other));
  }

  /** The record of a key. A damaged one is set aside and counts as none. */
  record(key: TaskKey): Promise<TaskRecord | undefined> {
    return this.#records.read(key);
  }

  /** Keys of all records. */
  recordKeys(): readonly TaskKey[] {
    return this.#records.keys();
  }

  /** What a key's record says of the result: all that is needed to use it, and faster to find than the record. */
  result(key: TaskKey): MaybePromise<TaskResult | undefined> {
    return this.#records.result(key);
  }

  /**
   * Writes a record: the last step of a task, after all its outputs are ingested. It is durable when the store is
   * `settled`.
   *
   * @param patiently whether it may wait a moment for the records of other tasks, to share what they wait for the disk
   */
  writeRecord(record: TaskRecord, patiently = false): Promise<void> {
    return this.#records.write(record, patiently);
  }

  /**
   * Resolves when all that was taken in and recorded so far will outlast a power cut.
   *
   * @throws StoreError if some of it will not
   */
  settled(): Promise<void> {
    return guarded(this.#store, () => this.#sync.done());
  }

  /** Lets go the files that it has open to note what was found out. Who asks it on opens them anew. */
  close(): void {
    for (const notes of [this.#verified, this.#inputs, this.#records, ...this.#published.values()]) notes.close();
  }

  /** What people see of a pipeline: its folder beside the store. */
  published(pipeline: string): Published {
    let published = this.#published.get(pipeline);
    if (published === undefined) {
      published = new Published(this.folder, pipeline, this.#blobs);
      this.#published.set(pipeline, published);
    }
    return published;
  }

  /** True if something can be written to it. */
  get isWritable(): boolean {
    return isWritable(this.#store);
  }

  /** Where reports of this program's own defects go, for its developers. The folder need not exist. */
  get reportsFolder(): string {
    return join(this.#store, 'reports');
  }

  /** Mid-way state of the task with this key. */
  resumePoint(key: TaskKey): StoredResumePoint {
    return openResumePoint(this.#store, key, this.#temporary);
  }

  /** Keys of the tasks that have a mid-way state. */
  resumable(): readonly TaskKey[] {
    return namesIn(join(this.#store, 'resume')) as TaskKey[];
  }

  /** Folders for attempts at tasks. The caller closes them; if it dies, the next `open` removes what is left. */
  workFolders(): WorkFolders {
    return new WorkFolders(this.#temporary);
  }

  /** A new folder for what is short-lived. The caller removes it; if it dies, the next `open` does. */
  async workFolder(): Promise<string> {
    const folder = temporaryPath(this.#temporary);
    // Its own name says nothing to anybody.
    await guarded(this.#temporary, async () => inFolder(this.#temporary, () => mkdirSync(folder)));
    return folder;
  }

  /**
   * The right to compute the task with this key: waits for whoever else does. Look for the record again before
   * computing: another run may have written it meanwhile.
   */
  lock(key: TaskKey, options: Omit<LockOptions, 'overtaking'> = {}): Promise<Lock> {
    return this.#locks.acquire(key, { ...options, overtaking: true });
  }

  /** The tasks that runs on this store compute now, by key, with whose process does it. Waits for nobody. */
  computing(): ReadonlyMap<TaskKey, LockHolder> {
    const locks = [...this.#locks.holders()].filter(([name]) => /^[0-9a-f]{64}$/.test(name));
    return new Map(locks as [TaskKey, LockHolder][]);
  }

  /**
   * Notes that a run begins: what it uses from now on, no `gc` removes until the lock is released. Waits for the end of
   * one that is going on. Locks of runs that were killed go.
   */
  beginRun(options: Omit<LockOptions, 'overtaking'> = {}): Promise<Lock> {
    // From a store that may only be read nothing is removed by whom this could tell.
    if (!this.isWritable) return Promise.resolve(noLock);
    return guarded(this.#store, () => this.#uses.begin(options));
  }

  /** Removes what is not reachable, unless a run uses it or has used it within the time of grace. */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return guarded(this.#store, async () => {
      const { onWait, dryRun = false } = options;
      // What would go can be told of a store that may only be read, too.
      const isOnlyRead = dryRun && !this.isWritable;
      const lock = isOnlyRead ? noLock : await this.#uses.sweep(onWait === undefined ? {} : { onWait });
      try {
        if (!dryRun) await this.#locks.removeDead();
        const now = Date.now();
        const horizon = this.#uses.horizon(now, options.graceMs ?? defaultGrace);
        return await new Collection(this.folder, options, horizon, now).collect();
      } finally {
        this.#published.clear();
        await lock.release();
      }
    });
  }
}
