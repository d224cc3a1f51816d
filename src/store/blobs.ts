import { type BigIntStats, constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder, temporaryPath } from './atomic.js';
import { digestBytes, digestFile, digestHandle, hexOf } from './digest.js';
import { guarded, StoreError, systemCode } from './error.js';
import type { StatCache } from './stat-cache.js';
import type { Digest } from './types.js';

/** Why a blob can't be used. */
export type BlobState = 'good' | 'missing' | 'damaged';

/**
 * Files by content: `blobs/ab/cdef…`, read-only, never changed in place. A blob is compared with its name before it is
 * used, unless it is the very file that was compared before.
 */
export class Blobs {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #quarantine: string;
  readonly #verified: StatCache;

  constructor(store: string, temporary: string, verified: StatCache) {
    this.#folder = join(store, 'blobs');
    this.#quarantine = join(store, 'quarantine');
    this.#temporary = temporary;
    this.#verified = verified;
  }

  /** Where a blob is, or would be. */
  pathOf(digest: Digest): string {
    const hex = hexOf(digest);
    return join(this.#folder, hex.slice(0, 2), hex.slice(2));
  }

  /**
   * Takes a copy of a file. The copy is what is hashed, so that a blob is right even if the file changes meanwhile;
   * where the file system can, the copy shares its blocks with the original until one of them is written to.
   */
  async addFile(source: string): Promise<{ digest: Digest; size: number }> {
    return guarded(source, async () => {
      const draft = await this.#draft();
      try {
        await copyFile(source, draft, constants.COPYFILE_FICLONE);
        await chmod(draft, 0o600);
        const handle = await open(draft, 'r+');
        let content: { digest: Digest; size: number };
        try {
          content = await digestHandle(handle);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await this.#place(draft, content.digest);
        return content;
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  /** Adds bytes held in memory. */
  async addBytes(bytes: Uint8Array | string): Promise<Digest> {
    const digest = digestBytes(bytes);
    await guarded(this.pathOf(digest), async () => {
      const draft = await this.#draft();
      try {
        const handle = await open(draft, 'wx', 0o600);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await this.#place(draft, digest);
      } finally {
        await rm(draft, { force: true });
      }
    });
    return digest;
  }

  /**
   * Is the blob there, and does it hold what its name says? A damaged one is set aside, so that it is never used and
   * its place is free for the right bytes.
   *
   * @param size in bytes, if known: a wrong one is found without reading
   */
  async check(digest: Digest, size?: number): Promise<BlobState> {
    const path = this.pathOf(digest);
    return guarded(path, async () => {
      const before = await statOf(path);
      if (before === undefined) return 'missing';
      const right = before.isFile() && (size === undefined || before.size === BigInt(size));
      if (right && this.#verified.get(digest, before) === digest) return 'good';
      const readAt = Date.now();
      if (right && (await digestFile(path)).digest === digest) {
        this.#verified.set(digest, before, digest, readAt);
        return 'good';
      }
      await this.#setAside(path, digest, before);
      return 'damaged';
    });
  }

  /** The bytes of a small blob, compared with its name; undefined if it is missing or damaged. */
  async read(digest: Digest): Promise<Buffer | undefined> {
    if ((await this.check(digest)) !== 'good') return undefined;
    const bytes = await readFile(this.pathOf(digest));
    return digestBytes(bytes) === digest ? bytes : undefined;
  }

  async #draft(): Promise<string> {
    await mkdir(this.#temporary, { recursive: true });
    return temporaryPath(this.#temporary);
  }

  /** Moves a finished draft to its name, unless the right bytes are there already. */
  async #place(draft: string, digest: Digest): Promise<void> {
    if ((await this.check(digest)) === 'good') return;
    const path = this.pathOf(digest);
    await makeFolder(dirname(path));
    await chmod(draft, 0o444);
    try {
      await rename(draft, path);
    } catch (error) {
      // Windows does not replace a read-only file: another process was faster with the same bytes.
      if (systemCode(error) !== 'EPERM' || (await this.check(digest)) !== 'good') throw error;
    }
    await syncFolder(dirname(path));
  }

  async #setAside(path: string, digest: Digest, seen: BigIntStats): Promise<void> {
    // Another process may have set it aside and put the right bytes there since.
    if ((await statOf(path))?.ino !== seen.ino) return;
    await mkdir(this.#quarantine, { recursive: true });
    try {
      await rename(path, `${temporaryPath(this.#quarantine)}-${hexOf(digest)}`);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** What a task is told when a blob that it needs is not usable. */
export function blobError(digest: Digest, state: Exclude<BlobState, 'good'>, what: string): StoreError {
  return state === 'missing'
    ? new StoreError('E_STORE_MISSING', `${what} is not in the store (${digest}).`, 'Run again: it will be made anew.')
    : new StoreError(
        'E_STORE_CORRUPT',
        `${what} was damaged in the store (${digest}). It has been set aside.`,
        'Run again: it will be made anew.',
      );
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
