import { isDigest } from '../files/digest.js';
import type { Digest } from '../values.js';
import { Journal } from './journal.js';

/** What of `stat(path, { bigint: true })` changes when a file's bytes do. */
export interface FileStat {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** A later write within the clock's grain would leave the times as they are. */
const grainMs = 2000;

/** Identifies a file's bytes without reading them, if it is `settled`. */
export function stampOf({ ino, size, mtimeNs, ctimeNs }: FileStat): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/**
 * True if a change after `readAt` would show in the file's times.
 *
 * @param readAt when reading began, in milliseconds since the epoch
 */
export function isSettled({ mtimeNs, ctimeNs }: FileStat, readAt: number): boolean {
  return Number(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1e6 <= readAt - grainMs;
}

/**
 * Remembers the digests of files by inode, size, modification and change time, so that what did not change is not read
 * again. An entry counts only for the very file that it was taken from.
 */
export class StatCache {
  readonly #journal: Journal;

  constructor(file: string, temporary: string) {
    this.#journal = new Journal(file, temporary);
  }

  /** See `Journal`. */
  close(): void {
    this.#journal.close();
  }

  /** The digest of the file, if it is the one it was taken from and has not changed since. */
  get(name: string, stat: FileStat): Digest | undefined {
    const stamp = `${stampOf(stat)} `;
    const entry = this.#journal.get(name);
    if (entry?.startsWith(stamp) !== true) return undefined;
    const digest = entry.slice(stamp.length);
    return isDigest(digest) ? digest : undefined;
  }

  /** True if the file is the one that this digest was taken from, and has not changed since. */
  holds(name: string, stat: FileStat, digest: Digest): boolean {
    return this.#journal.holds(name, `${stampOf(stat)} ${digest}`);
  }

  /**
   * Remembers a digest, unless the file changed less than 2 s before it was read: a second change might not show.
   *
   * @param stat of the file, taken before it was read
   * @param readAt when reading began, in milliseconds since the epoch
   */
  set(name: string, stat: FileStat, digest: Digest, readAt: number): void {
    if (isSettled(stat, readAt)) this.#journal.set(name, `${stampOf(stat)} ${digest}`);
  }
}
