import { type BigIntStats, lstatSync, lutimesSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../files/error.js';
import type { MaybePromise } from '../files/maybe-promise.js';
import { isToken, ownToken, remoteSilenceMs, stateOf } from '../files/process-identity.js';
import { isToCome, lastUse } from './last-use.js';
import { namesIn } from './listing.js';
import type { Lock, LockOptions, Locks } from './lock.js';

/** How long ago something may have been used without its time of last use telling so. */
export const defaultInterval = 24 * 3_600_000;

/** What stands for a lock in a store that may only be read. */
export const noLock: Lock = { waited: false, release: () => Promise.resolve() };

const gcLock = 'gc';
let counter = 0;

/**
 * How runs and `gc` share a store. `gc` removes only what nobody has used since a certain time:
 *
 * - A run leaves its start in `locks/`. Time of last use is a file's modification time, refreshed when the file is used
 *   after more than `useInterval`. So what a run has used is never older than its start by more than that.
 * - Who refreshes a time, or starts, looks for a `gc` afterwards, and if there is one, waits for its end and then looks
 *   whether the file is still there. `gc` shows itself before it looks at starts and times. So one of the two sees the
 *   other, whichever comes first.
 */
export class Uses {
  readonly #folder: string;
  readonly #locks: Locks;

  constructor(
    store: string,
    locks: Locks,
    readonly interval: number,
  ) {
    this.#folder = join(store, 'locks');
    this.#locks = locks;
  }

  /**
   * Notes that a run begins, after the end of a `gc` that may be going on. Release it when the run is over. What runs that
   * were killed had noted goes.
   */
  async begin(options: LockOptions): Promise<Lock> {
    const start = await this.#locks.acquire(`run-${Date.now()}-${ownToken()}-${++counter}`);
    try {
      await this.#gcEnd(options);
      // They hold nobody up: one that can't be removed stays.
      await this.#locks.removeDead().catch(() => {});
      return start;
    } catch (error) {
      await start.release();
      throw error;
    }
  }

  /** Notes that a file is used. What it is then; undefined if it is not there. Most have been used not long ago. */
  touch(path: string): MaybePromise<BigIntStats | undefined> {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    const isNoted = stat === undefined || Number(stat.mtimeMs) > Date.now() - this.interval;
    return isNoted ? stat : this.#refresh(path, stat);
  }

  async #refresh(path: string, stat: BigIntStats): Promise<BigIntStats | undefined> {
    const now = new Date();
    try {
      // Of a link that somebody has put there, its own: the file that it leads to is nobody's here.
      lutimesSync(path, now, now);
    } catch (error) {
      // A store that may only be read: whoever may write it should not run `gc` meanwhile.
      return systemCode(error) === 'ENOENT' ? undefined : stat;
    }
    await this.#gcEnd();
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  }

  /** The right to remove what is not used; waits for another `gc`. */
  sweep(options: LockOptions): Promise<Lock> {
    return this.#locks.acquire(gcLock, options);
  }

  /** Up to when files may be removed that were not used after, in milliseconds since the epoch. */
  horizon(now: number, grace: number): number {
    const starts = this.#liveStarts(now).map((start) => start - this.interval);
    return Math.min(now - grace, ...starts);
  }

  /** When the runs that are alive began. Where a clock was wrong then, nobody can tell what they have used since. */
  #liveStarts(now: number): number[] {
    return namesIn(this.#folder).flatMap((name) => {
      const [, start, token = ''] = /^run-(\d+)-(.*)$/.exec(name) ?? [];
      if (start === undefined || !isToken(token)) return [];
      const state = stateOf(token);
      if (state !== 'alive' && !(state === 'unknown' && this.#beats(name, now))) return [];
      return isToCome(Number(start), now) ? [Number.NEGATIVE_INFINITY] : [Number(start)];
    });
  }

  /**
   * True if a process on another host has shown not long ago that it lives. It notes the time by its own clock, which may
   * differ from this one by any amount; when that was noted, the disk tells by the same clock as when `gc` began.
   */
  #beats(name: string, now: number): boolean {
    const path = join(this.#folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const begun = lstatSync(join(this.#folder, gcLock), { throwIfNoEntry: false })?.ctimeMs ?? now;
    return lastUse(path, stat.mtimeMs, now) > now - remoteSilenceMs || stat.ctimeMs > begun - remoteSilenceMs;
  }

  async #gcEnd(options?: LockOptions): Promise<void> {
    if (lstatSync(join(this.#folder, gcLock), { throwIfNoEntry: false }) === undefined) return;
    const lock = await this.#locks.acquire(gcLock, options);
    await lock.release();
  }
}
