import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { temporaryPath } from './atomic.js';
import { isDigest } from './digest.js';
import type { Digest } from './types.js';

/** What of `stat(path, { bigint: true })` changes when a file's bytes do. */
export interface FileStat {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** A later write within the clock's grain would leave the times as they are. */
const grainMs = 2000;
/** Lines beyond one a name that a file may hold before it is written anew. */
const slack = 1000;

/**
 * Remembers the digests of files by inode, size, modification and change time, so that what did not change is not read
 * again. Kept as lines appended to a file: a lost or torn line costs a hash, and can't give a wrong one, because an entry
 * counts only for the very file that it was taken from.
 */
export class StatCache {
  readonly #entries = new Map<string, { readonly stamp: string; readonly digest: Digest }>();
  readonly #file: string;

  constructor(file: string, temporary: string) {
    this.#file = file;
    let lines: string[];
    try {
      lines = readFileSync(file, 'utf8').split('\n');
    } catch {
      return;
    }
    for (const line of lines) this.#read(line);
    if (lines.length > 2 * this.#entries.size + slack) this.#compact(temporary);
  }

  /** The digest of the file, if it is the one it was taken from and has not changed since. */
  get(name: string, stat: FileStat): Digest | undefined {
    const entry = this.#entries.get(name);
    return entry?.stamp === stampOf(stat) ? entry.digest : undefined;
  }

  /**
   * Remembers a digest.
   *
   * @param stat of the file, taken before it was read
   * @param readAt when reading began, in milliseconds since the epoch. Files that changed less than 2 s before are not
   *   remembered: a second change might not show.
   */
  set(name: string, stat: FileStat, digest: Digest, readAt: number): void {
    const changed = Math.max(Number(stat.mtimeNs / 1_000_000n), Number(stat.ctimeNs / 1_000_000n));
    if (changed > readAt - grainMs) return;
    const stamp = stampOf(stat);
    this.#entries.set(name, { stamp, digest });
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      appendFileSync(this.#file, `${JSON.stringify([name, stamp, digest])}\n`);
    } catch {
      // A store that can only be read still serves: it just has to hash again next time.
    }
  }

  #read(line: string): void {
    try {
      const [name, stamp, digest] = JSON.parse(line) as unknown[];
      if (typeof name === 'string' && typeof stamp === 'string' && isDigest(digest))
        this.#entries.set(name, { stamp, digest });
    } catch {
      // Torn by a crash, or the empty one after the last line break.
    }
  }

  #compact(temporary: string): void {
    const lines = [...this.#entries].map(([name, { stamp, digest }]) => `${JSON.stringify([name, stamp, digest])}\n`);
    try {
      mkdirSync(temporary, { recursive: true });
      const draft = temporaryPath(temporary);
      writeFileSync(draft, lines.join(''));
      renameSync(draft, this.#file);
    } catch {
      // The long file serves as well.
    }
  }
}

function stampOf(stat: FileStat): string {
  return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
