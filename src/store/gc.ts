import { existsSync, lstatSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { hexOf } from '../files/digest.js';
import { isToken, stateOf } from '../files/process-identity.js';
import { removePath } from '../files/remove.js';
import { GcRecords, type StoredRecord } from './gc-records.js';
import type { Kept } from './gc-trees.js';
import { GcTrees } from './gc-trees.js';
import { lastUse } from './last-use.js';
import { filesBelow, namesIn } from './listing.js';
import type { LockHolder } from './lock.js';
import type { TaskKey } from './types.js';

export interface GcOptions {
  /** Default: what the readable trees of all pipelines show. */
  readonly keep?: readonly Kept[];
  /** Further keys to be kept. */
  readonly reachable?: ReadonlySet<TaskKey>;
  /** Then results only go, the longest unused first, until blobs and records take no more than this. */
  readonly maxBytes?: number;
  /** Says what would go, and removes nothing. */
  readonly dryRun?: boolean;
  /** How long what nothing reaches is left alone. Default: an hour. */
  readonly graceMs?: number;
  /** Told of another one that has to end first. */
  readonly onWait?: (holder: LockHolder) => void;
}

/** What went: results with their records, the files they alone had, and what had no other use. */
export type GcKind = 'result' | 'file' | 'state' | 'log' | 'damaged' | 'leftover';

export interface GcReport {
  readonly removed: readonly { readonly kind: GcKind; readonly name: string; readonly bytes: number }[];
  /** Results among them that were reachable all the same: there was no other way to the size asked for. */
  readonly reachable: readonly string[];
  /** How many results stay, by why: `within` the size that was asked for, though nothing reaches them. */
  readonly spared: Readonly<Record<'reachable' | 'recent' | 'foreign' | 'within', number>>;
  /** What is left of them. They count for no size that is asked for. */
  readonly logs: { readonly count: number; readonly bytes: number };
  /** What blobs and records take now. */
  readonly keptBytes: number;
}

const hour = 3_600_000;
/** How long unfinished work, and what is of no use any more but may tell what happened, is left alone. */
const week = 7 * 24 * hour;
export const defaultGrace = hour;

/**
 * One collection. The caller holds the right to sweep.
 *
 * Records go before blobs, and each file's time is looked at once more before it goes, so that what a run begins to use
 * in the meantime stays (see `Uses`).
 */
export class Collection {
  readonly #removed: { kind: GcKind; name: string; bytes: number }[] = [];
  readonly #store: string;
  readonly #records: GcRecords;
  readonly #trees: GcTrees;

  constructor(
    folder: string,
    readonly options: GcOptions,
    /** Files used at this time or later stay, in milliseconds since the epoch. */
    readonly horizon: number,
    readonly now: number,
  ) {
    this.#store = join(folder, 'store');
    this.#records = new GcRecords(this.#store, now, options.dryRun !== true);
    this.#trees = new GcTrees(folder, options.keep, (kind, path, name) => this.#remove(kind, path, name));
  }

  async collect(): Promise<GcReport> {
    const blobs = new Set(this.#records.blobs().map(({ hex }) => hex));
    const before = this.#records.list();
    const reachable = this.#reachableKeys();
    const chosen = this.#choose(before, reachable);
    const gone = new Set(
      chosen.filter(({ path, name }) => this.#remove('result', path, name)).map(({ key }) => key as string),
    );
    // Runs may have written new ones meanwhile.
    const left = this.#records.list().filter(({ key }) => !gone.has(key));
    const keptBytes = this.#sweepBlobs(left);
    await this.#trees.sweep(
      new Map(left.map(({ key, usedAt }) => [key, usedAt])),
      { holds: (digest) => blobs.has(hexOf(digest)) },
      this.horizon,
      this.options.dryRun === true,
    );
    this.#sweepOthers(reachable);
    const forced = chosen.filter(({ key }) => gone.has(key) && reachable.has(key));
    const spared = this.#spared(left, reachable);
    const names = forced.map(({ name }) => name);
    return { removed: this.#removed, reachable: names, spared, logs: this.#trees.logs(), keptBytes };
  }

  #spared(left: readonly StoredRecord[], reachable: ReadonlySet<TaskKey>): GcReport['spared'] {
    const spared = { reachable: 0, recent: 0, foreign: 0, within: 0 };
    for (const { key, foreign, usedAt } of left)
      spared[foreign ? 'foreign' : reachable.has(key) ? 'reachable' : usedAt >= this.horizon ? 'recent' : 'within']++;
    return spared;
  }

  #reachableKeys(): ReadonlySet<TaskKey> {
    const { keep = [], reachable = [] } = this.options;
    return new Set([...keep.flatMap(({ keys }) => [...keys]), ...reachable, ...this.#trees.keys()]);
  }

  /** The records to be removed, in this order. */
  #choose(records: readonly StoredRecord[], reachable: ReadonlySet<TaskKey>): readonly StoredRecord[] {
    const removable = records.filter(({ usedAt, foreign }) => usedAt < this.horizon && !foreign);
    const { maxBytes } = this.options;
    if (maxBytes === undefined) return removable.filter(({ key }) => !reachable.has(key));
    const uses = new Map<string, number>();
    for (const record of records) for (const blob of record.blobs) uses.set(blob, (uses.get(blob) ?? 0) + 1);
    let bytes = this.#records.blobs().reduce((sum, { hex, size, usedAt }) => {
      return uses.has(hex) || usedAt >= this.horizon ? sum + size : sum;
    }, 0);
    bytes += records.reduce((sum, { size }) => sum + size, 0);
    const sizes = new Map(this.#records.blobs().map(({ hex, size }) => [hex, size]));
    const order = [...removable].sort(
      (a, b) => Number(reachable.has(a.key)) - Number(reachable.has(b.key)) || a.usedAt - b.usedAt,
    );
    const chosen: StoredRecord[] = [];
    for (const record of order) {
      if (bytes <= maxBytes) break;
      chosen.push(record);
      bytes -= record.size;
      for (const blob of record.blobs) {
        uses.set(blob, uses.get(blob)! - 1);
        if (uses.get(blob) === 0) bytes -= sizes.get(blob) ?? 0;
      }
    }
    return chosen;
  }

  /** Returns how many bytes blobs and records take afterwards. */
  #sweepBlobs(left: readonly StoredRecord[]): number {
    const used = new Set(left.flatMap(({ blobs }) => [...blobs]));
    let bytes = left.reduce((sum, { size }) => sum + size, 0);
    for (const { hex, path, size } of this.#records.blobs())
      if (used.has(hex) || !this.#remove('file', path, hex)) bytes += size;
    return bytes;
  }

  #sweepOthers(reachable: ReadonlySet<TaskKey>): void {
    const aWeekAgo = Math.min(this.horizon, this.now - week);
    for (const path of filesBelow(join(this.#store, 'resume')))
      if (!reachable.has(basename(path) as TaskKey)) this.#remove('state', path, basename(path), aWeekAgo);
    for (const path of filesBelow(join(this.#store, 'quarantine')))
      this.#remove('damaged', path, basename(path), aWeekAgo, ({ ctimeMs }) => ctimeMs);
    for (const path of filesBelow(join(this.#store, 'reports')))
      this.#remove('leftover', path, basename(path), aWeekAgo);
    // What dead processes of this host left is removed whenever the store is opened; of other hosts nobody can tell.
    const temporary = join(this.#store, 'tmp');
    for (const name of namesIn(temporary))
      if (!isToken(name) || stateOf(name) !== 'alive') this.#remove('leftover', join(temporary, name), name, aWeekAgo);
  }

  /** Removes a file or folder, unless it was used since. Says whether it went (or would go). */
  #remove(
    kind: GcKind,
    path: string,
    name: string,
    limit = this.horizon,
    timeOf: (stat: Stats) => number = ({ mtimeMs }) => mtimeMs,
  ): boolean {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const mayNote = this.options.dryRun !== true;
    if (stat === undefined || lastUse(path, timeOf(stat), this.now, mayNote) >= limit) return false;
    if (this.options.dryRun !== true) removePath(path);
    this.#removed.push({ kind, name, bytes: stat.isFile() ? stat.size : 0 });
    return this.options.dryRun === true || !existsSync(path);
  }
}
