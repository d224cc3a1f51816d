import { linkSync, lstatSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { lutimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inFolder, removeFile } from '../files/atomic.js';
import { guarded, hasNoLinks, systemCode } from '../files/error.js';
import { isStopped, isToken, ownToken, remoteSilenceMs, stateOf, thisHost } from '../files/process-identity.js';
import { IrregularFile, readRegularFile } from '../files/regular-file.js';
import { isWithin } from './last-use.js';
import { namesIn } from './listing.js';

/** How often the holder shows that it lives, for observers on other hosts. */
const heartbeatMs = 10_000;
/** How long a holder that can't be asked may be silent, by the observer's own clock. */
const silenceMs = 60_000;
/** How long the batch system is not asked again about a job. */
const askAgainMs = 10_000;
/** How long an unreadable lock is taken for one that is just being written. */
const unreadableMs = 2_000;
/** Bytes of a lock. */
const longestHolder = 2 ** 16;
const firstPollMs = 20;
const lastPollMs = 200;

/** Who holds a lock. */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  readonly token: string;
  /** The batch system's name of the job it is part of. */
  readonly job?: string;
  /** True if its process is stopped, as by Ctrl-Z. */
  readonly stopped?: true;
}

/** A holder in words. */
export function holderText({ host, pid, stopped }: LockHolder): string {
  return `process ${pid} on ${host}${stopped === true ? `, which is stopped: kill -CONT ${pid} lets it go on` : ''}`;
}

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called as soon as there is somebody to wait for, and once more when that process is found to be stopped. */
  readonly onWait?: (holder: LockHolder) => void;
  /** True if it may be taken from a process of this host that has been stopped, and so silent, for a minute. */
  readonly overtaking?: boolean;
}

/** The jobs of a batch system, which knows of processes on other hosts. */
export interface Jobs {
  /** The job that this process is part of. */
  readonly own?: string;
  /** `alive` while a job still runs; `unknown` where nobody can tell. */
  stateOf(job: string): Promise<'alive' | 'dead' | 'unknown'>;
}

export interface Lock {
  /** True if another run held it for a while. (Its result may be in the store even if not: it may have been faster still.) */
  readonly waited: boolean;
  release(): Promise<void>;
}

/**
 * One computation of a task at a time, over all processes that share a store. A lock is a symbolic link that leads
 * nowhere and names its holder, because a link appears whole. One whose holder has died is taken over: at once if it
 * died on this host, or if it was part of a job that is over, after a minute without a heartbeat otherwise. One that is
 * only stopped keeps it, unless whoever waits says that it may be overtaken.
 *
 * Locks save work and no more than that: should two runs compute the same task after all, they write the same bytes to
 * the same names.
 */
export class Locks {
  readonly #folder: string;
  /** Locks of ours that were released, but could not be removed. */
  readonly #left = new Set<string>();
  readonly #jobs: Jobs | undefined;
  /** Others' rights to remove a lock, which they too may leave behind. */
  readonly #breakers = new Map<string, Watch>();
  /** A lock of ours that others can be further names of: a name is made and removed faster than a link of its own. */
  #held: string | undefined;

  constructor(store: string, jobs?: Jobs) {
    this.#folder = join(store, 'locks');
    this.#jobs = jobs;
  }

  /**
   * Waits until the lock is ours.
   *
   * @throws the signal's reason when it is aborted while waiting
   */
  async acquire(name: string, options: LockOptions = {}): Promise<Lock> {
    const path = join(this.#folder, name);
    return guarded(path, async () => {
      const watch = new Watch();
      let waited = false;
      let toldStopped = false;
      for (let poll = firstPollMs; ; poll = Math.min(2 * poll, lastPollMs)) {
        options.signal?.throwIfAborted();
        if (this.#create(path) || this.#left.delete(path)) return this.#hold(path, waited);
        const seen = watch.look(path);
        if (seen === undefined) continue;
        const overdue = seen.overdue && options.overtaking === true;
        if ((await watch.jobState(seen.holder, this.#jobs)) ?? (seen.dead || overdue)) {
          await this.#remove(path, seen.text);
          continue;
        }
        if (seen.holder !== undefined && (!waited || (seen.holder.stopped && !toldStopped))) {
          waited = true;
          toldStopped = seen.holder.stopped === true;
          options.onWait?.(seen.holder);
        }
        await sleep(poll, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(() => {
          options.signal?.throwIfAborted();
        });
      }
    });
  }

  /** Who holds which lock, as far as can be told by looking once: those on other hosts live while their heart beats. */
  holders(): ReadonlyMap<string, LockHolder> {
    const held = new Map<string, LockHolder>();
    for (const name of namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      const { holder, dead } = new Watch().look(path) ?? { dead: true };
      if (holder === undefined || dead) continue;
      const beat = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (stateOf(holder.token) === 'alive' || isWithin(remoteSilenceMs, beat)) held.set(name, holder);
    }
    return held;
  }

  /** Removes locks whose holders are known to be dead. */
  async removeDead(): Promise<void> {
    for (const name of namesIn(this.#folder).filter((name) => !name.endsWith('.break'))) {
      const path = join(this.#folder, name);
      const seen = new Watch().look(path);
      if (seen?.dead === true) await this.#remove(path, seen.text);
    }
  }

  #hold(path: string, waited: boolean): Lock {
    const beat = setInterval(() => {
      const now = new Date();
      lutimes(path, now, now).catch(() => {});
    }, heartbeatMs);
    beat.unref();
    return {
      waited,
      release: async () => {
        clearInterval(beat);
        if (this.#held === path) this.#held = undefined;
        if (parse(readOr(path, ''))?.token !== ownToken()) return;
        try {
          removeFile(path);
        } catch {
          // The next one of this process may have it as it is; for others it is free when this process ends.
          this.#left.add(path);
        }
      },
    };
  }

  /** Puts our name on `path`, if nobody's is there. */
  #create(path: string): boolean {
    // Short enough to lie in the link's own inode.
    const job = this.#jobs?.own;
    const text = `${ownToken()} ${thisHost()}${job === undefined ? '' : ` ${job}`}`;
    try {
      if (this.#held !== undefined && isLinked(this.#held, path, text)) return true;
      inFolder(this.#folder, () => createNamed(path, text));
      this.#held ??= path;
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Removes a dead holder's lock. Two that find it dead must not remove each other's new one: the right to remove is
   * a lock of its own, held for a moment, under which the text is compared once more.
   */
  async #remove(path: string, text: string): Promise<void> {
    const breaker = `${path}.break`;
    if (!this.#create(breaker)) {
      const watch = this.#breakers.get(breaker) ?? new Watch();
      this.#breakers.set(breaker, watch);
      if (watch.look(breaker)?.dead === true) rmSync(breaker, { force: true });
      await sleep(firstPollMs);
      return;
    }
    this.#breakers.delete(breaker);
    try {
      if (readOr(path, undefined) === text) unlinkSync(path);
    } finally {
      rmSync(breaker, { force: true });
    }
  }
}

/** What an observer learns of a lock by looking at it again and again. */
class Watch {
  #stamp = '';
  #since = 0;
  #asked = { text: '', at: 0, state: 'unknown' };

  /** True if the holder's job is over; undefined where that is not known. Processes of this host need no batch system for that. */
  async jobState(holder: LockHolder | undefined, jobs: Jobs | undefined): Promise<boolean | undefined> {
    if (holder?.job === undefined || jobs === undefined || stateOf(holder.token) !== 'unknown') return undefined;
    const text = `${holder.token} ${holder.job}`;
    const now = performance.now();
    if (this.#asked.text !== text || now - this.#asked.at > askAgainMs)
      this.#asked = { text, at: now, state: await jobs.stateOf(holder.job) };
    return this.#asked.state === 'unknown' ? undefined : this.#asked.state === 'dead';
  }

  /** Undefined if the lock is gone. */
  look(path: string): { text: string; holder?: LockHolder; dead: boolean; overdue: boolean } | undefined {
    let text: string;
    let stamp: string;
    try {
      text = readHolder(path);
      stamp = `${lstatSync(path, { bigint: true }).mtimeNs} ${text}`;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    const now = performance.now();
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#since = now;
    }
    const silent = now - this.#since;
    const holder = parse(text);
    if (holder === undefined) return { text, dead: silent > unreadableMs, overdue: false };
    const state = stateOf(holder.token);
    const dead = state === 'dead' || (state === 'unknown' && silent > silenceMs);
    if (!isStopped(holder.token)) return { text, holder, dead, overdue: false };
    return { text, holder: { ...holder, stopped: true }, dead, overdue: silent > silenceMs };
  }
}

/**
 * Gives a lock of ours one more name. False where that can't be: macOS would follow the link, and a lock of a process
 * that was silent for long may have been taken over, so that the text is compared.
 *
 * @throws the system's error `EEXIST`
 */
function isLinked(held: string, path: string, text: string): boolean {
  try {
    linkSync(held, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw error;
    return false;
  }
  if (readOr(path, '') === text) return true;
  removeFile(path);
  return false;
}

function createNamed(path: string, text: string): void {
  try {
    symlinkSync(text, path);
  } catch (error) {
    if (!hasNoLinks(error)) throw error;
    // A file system without links: the file appears before its text does, which `unreadableMs` allows for.
    writeFileSync(path, text, { flag: 'wx' });
  }
}

function readHolder(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (!['EINVAL', 'UNKNOWN'].includes(systemCode(error) ?? '')) throw error;
  }
  try {
    return readRegularFile(path, longestHolder).toString();
  } catch (error) {
    // It names nobody, and goes as a torn one does.
    if (error instanceof IrregularFile) return '';
    throw error;
  }
}

function readOr<T>(path: string, otherwise: T): string | T {
  try {
    return readHolder(path);
  } catch {
    return otherwise;
  }
}

function parse(text: string): LockHolder | undefined {
  const [, token, pid, host, job] = /^([0-9a-f]+-[0-9a-f]+-(\d+)-[0-9a-f]+) (\S+)(?: (\S+))?$/.exec(text) ?? [];
  if (token === undefined || !isToken(token)) return undefined;
  return { host: host!, pid: Number(pid), token, ...(job === undefined ? {} : { job }) };
}
