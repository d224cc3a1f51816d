import { type Stats, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { moveInto, removeFile, writeDraft } from '../files/atomic.js';
import { guarded, guardedMaybe, systemCode } from '../files/error.js';
import type { FolderSync } from '../files/folder-sync.js';
import { after, type MaybePromise } from '../files/maybe-promise.js';
import { IrregularFile, readRegularFile } from '../files/regular-file.js';
import { checkInside } from '../files/trust.js';
import { Journal } from './journal.js';
import { filesBelow } from './listing.js';
import { setAside } from './quarantine.js';
import { decodeRecord, encodeRecord, isWhole } from './record.js';
import { type FileStat, isSettled, stampOf } from './stat-cache.js';
import type { TaskKey, TaskRecord, TaskResult } from './types.js';
import type { Uses } from './use.js';

/** What is noted of a record. */
type Content = Omit<TaskResult, 'key'>;

/** Task records by key: `records/ab/<key>.json`. */
export class Records {
  readonly #folder: string;
  readonly #quarantine: string;
  readonly #temporary: string;
  /** Results of records that were found whole, by key, with the stamp of the file they were read from. */
  readonly #results: Journal;
  /** Folders of records that were seen to be nobody else's. */
  readonly #trusted = new Set<string>();
  /** What they lie in, once it is there. */
  #within: Stats | undefined;

  readonly #sync: FolderSync;
  readonly #uses: Uses;

  /**
   * @param notes folder of the journal
   * @param sync what makes the names of blobs and records durable
   */
  constructor(store: string, temporary: string, notes: string, sync: FolderSync, uses: Uses) {
    this.#sync = sync;
    this.#uses = uses;
    this.#folder = join(store, 'records');
    this.#quarantine = join(store, 'quarantine');
    this.#temporary = temporary;
    this.#results = new Journal(join(notes, 'results'), temporary);
  }

  /** See `Journal`. */
  close(): void {
    this.#results.close();
  }

  /** The record of a key. A damaged one is set aside and counts as none. */
  async read(key: TaskKey): Promise<TaskRecord | undefined> {
    const path = this.#pathOf(key);
    return guarded(path, async () => {
      const text = this.#isThere(key) ? readText(path) : undefined;
      if (text === undefined) return undefined;
      const record = decodeRecord(text, key);
      if (record === 'foreign') return undefined;
      if (record !== undefined && isWhole(record)) return record;
      setAside(path, this.#quarantine, `${key}.json`);
      return undefined;
    });
  }

  /** Keys of all records, in no order that means anything. */
  keys(): TaskKey[] {
    return filesBelow(this.#folder)
      .filter((path) => path.endsWith('.json'))
      .map((path) => basename(path, '.json') as TaskKey);
  }

  /** What a record says of the result, which counts as used. One that has not changed since is not read again. */
  result(key: TaskKey): MaybePromise<TaskResult | undefined> {
    const path = this.#pathOf(key);
    return guardedMaybe(path, () =>
      this.#isThere(key) ? after(this.#uses.touch(path), (stat) => stat && this.#resultOf(key, stat)) : undefined,
    );
  }

  /**
   * True if there is the folder of a key's record. Who can put records into it says what results are: each folder is looked at
   * until it is there.
   */
  #isThere(key: TaskKey): boolean {
    const name = key.slice(0, 2);
    if (this.#trusted.has(name)) return true;
    this.#within ??= statSync(this.#folder, { throwIfNoEntry: false });
    if (this.#within === undefined || !checkInside(`${this.#folder}${sep}${name}`, this.#within)) return false;
    this.#trusted.add(name);
    return true;
  }

  #resultOf(key: TaskKey, stat: FileStat): MaybePromise<TaskResult | undefined> {
    const stamp = `${stampOf(stat)} `;
    const note = this.#results.get(key);
    if (note?.startsWith(stamp) !== true) return this.#readResult(key, stat, stamp);
    const { outputs, metrics } = JSON.parse(note.slice(stamp.length)) as Content;
    return { key, outputs, metrics };
  }

  async #readResult(key: TaskKey, stat: FileStat, stamp: string): Promise<TaskResult | undefined> {
    const readAt = Date.now();
    const record = await this.read(key);
    if (record === undefined) return undefined;
    const { outputs, metrics } = record;
    if (isSettled(stat, readAt)) this.#results.set(key, stamp + JSON.stringify({ outputs, metrics } satisfies Content));
    return { key, outputs, metrics };
  }

  /**
   * Writes a record: the last step of a task, after all blobs it names.
   *
   * @param patiently see `FolderSync.done`
   */
  async write(record: TaskRecord, patiently = false): Promise<void> {
    const path = this.#pathOf(record.key);
    await guarded(path, async () => {
      const draft = await writeDraft(this.#temporary, [encodeRecord(record)], 0o666);
      try {
        // A record must not outlast a blob that it names.
        await this.#sync.done(patiently);
        for (const folder of moveInto(draft, path)) this.#sync.request(folder);
      } catch (error) {
        removeFile(draft);
        throw error;
      }
    });
  }

  #pathOf(key: TaskKey): string {
    return `${this.#folder}${sep}${key.slice(0, 2)}${sep}${key}.json`;
  }
}

function readText(path: string): string | undefined {
  try {
    return readRegularFile(path).toString();
  } catch (error) {
    // As damaged as one of no bytes.
    if (error instanceof IrregularFile) return '';
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
