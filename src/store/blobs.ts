import {
  type BigIntStats,
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import { inFolder, moveInto, syncDescriptor, temporaryPath, writeAll, writeDraft } from '../files/atomic.js';
import { copyContent } from '../files/copy.js';
import { digestBytes, digestFile, digestSmall, hexOf } from '../files/digest.js';
import { digestLargeFile, type FileContent } from '../files/digest-pool.js';
import { guarded, guardedMaybe, StoreError, systemCode } from '../files/error.js';
import type { FolderSync } from '../files/folder-sync.js';
import { makeFolder } from '../files/make-folder.js';
import type { MaybePromise } from '../files/maybe-promise.js';
import { isExecutable } from '../files/modes.js';
import type { Reading } from '../files/reading.js';
import type { Digest } from '../values.js';
import { type BlobFile, type BlobState, isReadable, statOf, unexpected } from './blob-files.js';
import { setAside } from './quarantine.js';
import type { StatCache } from './stat-cache.js';
import type { Uses } from './use.js';

/** How a draft becomes a blob. */
interface Finishing {
  readonly expected?: Digest;
  /** True if it replaces what is there. */
  readonly over?: boolean;
  /** What it holds, where that was told as it was written. */
  readonly known?: FileContent | undefined;
  readonly reading?: Reading | undefined;
}

/** What is known of a blob that is looked at. */
interface Check {
  /**
   * In bytes. A blob of another size is damaged, and if it holds what its name says all the same, then who names that size is
   * wrong: it is not set aside.
   */
  readonly size?: number;
  /** The very file that it is to be. Another one counts as damaged in the same way. */
  readonly file?: BlobFile;
  /** Where the file of a good one is put. */
  readonly seen?: Map<Digest, BlobFile> | undefined;
  readonly reading?: Reading | undefined;
}

/**
 * Files by content: `blobs/ab/cdef…`, read-only, never changed in place. A blob is compared with its name before it is
 * used, unless it is the very file that was compared before.
 */
export class Blobs {
  /** What blobs lie in. */
  readonly folder: string;
  readonly #temporary: string;
  readonly #quarantine: string;
  readonly #verified: StatCache;
  /** False once a file was found to be executable whatever was done: of some disks that is not known before. */
  #keepsModes = true;

  readonly #sync: FolderSync;
  readonly #uses: Uses;

  /** @param sync what makes the names of new blobs durable: await it before something relies on them */
  constructor(store: string, temporary: string, verified: StatCache, sync: FolderSync, uses: Uses) {
    this.#sync = sync;
    this.#uses = uses;
    this.folder = join(store, 'blobs');
    this.#quarantine = join(store, 'quarantine');
    this.#temporary = temporary;
    this.#verified = verified;
  }

  /** Where a blob is, or would be. */
  pathOf(digest: Digest): string {
    const hex = hexOf(digest);
    // To join them takes longer than to look whether the file is there.
    return `${this.folder}${sep}${hex.slice(0, 2)}${sep}${hex.slice(2)}`;
  }

  /**
   * Takes a copy of a file. The copy is what is hashed, so that a blob is right even if the file changes meanwhile;
   * where the file system can, the copy shares its blocks with the original until one of them is written to.
   */
  addFile(source: string, reading?: Reading): Promise<FileContent> {
    return guarded(source, async () => {
      const draft = temporaryPath(this.#temporary);
      try {
        const copy = () => copyContent(source, draft, reading);
        const known = await copy().catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error;
          makeFolder(this.#temporary);
          return copy();
        });
        return await this.#finish(draft, { known, reading });
      } finally {
        rmSync(draft, { force: true });
      }
    });
  }

  /**
   * Takes a file away from where it is, on this file system: what a task has made in a folder of its own need not be
   * copied. A file that has other names, too, is.
   *
   * @param stat of the file, which is no link
   */
  adoptFile(source: string, { nlink }: Pick<BigIntStats, 'nlink'>, reading?: Reading): Promise<FileContent> {
    if (nlink !== 1n) return this.addFile(source, reading);
    return guarded(source, () => this.#finish(source, { reading }));
  }

  /**
   * Takes in bytes that come from elsewhere and are said to be a certain blob.
   *
   * @param limit in bytes: what goes on after that is not taken
   * @throws StoreError `E_STORE_CORRUPT` if they are another
   */
  receive(digest: Digest, limit: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return guarded(this.pathOf(digest), async () => {
      const draft = temporaryPath(this.#temporary);
      try {
        const descriptor = inFolder(this.#temporary, () => openSync(draft, 'wx', 0o600));
        try {
          let size = 0;
          for await (const chunk of chunks) {
            size += chunk.length;
            if (size > limit) throw unexpected(digest);
            writeAll(descriptor, chunk);
          }
        } finally {
          closeSync(descriptor);
        }
        await this.#finish(draft, { expected: digest });
      } finally {
        rmSync(draft, { force: true });
      }
    });
  }

  /**
   * Hashes a file that is the store's own, unless it is known, makes it durable, and moves it to its name, if that is the
   * one expected.
   */
  async #finish(draft: string, { expected, over, known, reading }: Finishing): Promise<FileContent> {
    chmodSync(draft, 0o600);
    let content: FileContent;
    const descriptor = openSync(draft, 'r+');
    try {
      content = known ?? digestSmall(descriptor) ?? (await digestLargeFile(draft, reading));
      if (expected !== undefined && content.digest !== expected) throw unexpected(expected);
      // A command may have kept an old file's time: the blob is in use from now on.
      const now = new Date();
      futimesSync(descriptor, now, now);
      await syncDescriptor(descriptor);
      fchmodSync(descriptor, 0o444);
    } finally {
      closeSync(descriptor);
    }
    if (over) moveInto(draft, this.pathOf(content.digest));
    else await this.#place(draft, content.digest);
    return content;
  }

  /** Adds bytes held in memory. */
  async addBytes(bytes: Uint8Array | string): Promise<Digest> {
    const digest = digestBytes(bytes);
    await guarded(this.pathOf(digest), async () => {
      const draft = await writeDraft(this.#temporary, [bytes], 0o444);
      try {
        await this.#place(draft, digest);
      } finally {
        rmSync(draft, { force: true });
      }
    });
    return digest;
  }

  /**
   * The state of a blob: whether it is there, and holds what its name says. A damaged one is set aside, so that it is never used and
   * its place is free for the right bytes. One that somebody has made executable is replaced: who runs it, or looks, would have read
   * something else than others.
   */
  check(digest: Digest, how: Check = {}): MaybePromise<BlobState> {
    const { size, file, seen, reading } = how;
    const path = this.pathOf(digest);
    return guardedMaybe(path, () => {
      const before = statOf(path);
      if (before === undefined) return 'missing';
      const right =
        before.isFile() &&
        (size === undefined || Number(before.size) === size) &&
        (file === undefined || before.ino === file.inode);
      const stateOf = (holds: boolean): BlobState => {
        if (!holds || !right) return 'damaged';
        seen?.set(digest, { inode: before.ino, mode: before.mode });
        return 'good';
      };
      const compare = () => this.#compare(path, digest, before, reading).then(stateOf);
      if (right && (file === undefined ? this.#keepsModes && isExecutable(path, before) : before.mode !== file.mode))
        return this.#replace(path, digest, before, reading).then((isDone) => {
          if (!isDone) return compare();
          return file === undefined ? this.check(digest, how) : 'damaged';
        });
      return this.#verified.holds(digest, before, digest) ? stateOf(true) : compare();
    });
  }

  /**
   * Puts a copy in the place of a blob whose mode was changed. So whoever has read it meanwhile finds another file there, and nothing
   * has to be made again. False if it holds something else, or nothing can be written.
   */
  async #replace(path: string, digest: Digest, { mode }: BigIntStats, reading: Reading | undefined): Promise<boolean> {
    const draft = temporaryPath(this.#temporary);
    try {
      if (!isReadable(mode)) chmodSync(path, 0o444);
      const known = await copyContent(path, draft, reading);
      await this.#finish(draft, { expected: digest, known, reading, over: true });
      const made = statOf(path);
      if (made !== undefined && isExecutable(path, made)) this.#keepsModes = false;
      return true;
    } catch (error) {
      if (error instanceof StoreError || systemCode(error) !== undefined) return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** True if a blob holds what its name says. */
  async #compare(path: string, digest: Digest, before: BigIntStats, reading: Reading | undefined): Promise<boolean> {
    const readAt = Date.now();
    if (before.isFile() && (await digestFile(path, reading)).digest === digest) {
      this.#verified.set(digest, before, digest, readAt);
      return true;
    }
    this.#setAside(path, digest, before);
    return false;
  }

  /** True if there is a blob of this name, whatever it holds. */
  holds(digest: Digest): boolean {
    return statOf(this.pathOf(digest))?.isFile() === true;
  }

  /** Notes that a blob is used that no record names yet. False if it is not there. */
  touch(digest: Digest): Promise<boolean> {
    const path = this.pathOf(digest);
    return guarded(path, async () => (await this.#uses.touch(path)) !== undefined);
  }

  /** Sets a blob aside that holds what its name says, and nothing that can be used. */
  reject(digest: Digest): Promise<void> {
    const path = this.pathOf(digest);
    return guarded(path, () => {
      const seen = statOf(path);
      if (seen !== undefined) this.#setAside(path, digest, seen);
    });
  }

  /** The bytes of a small blob, compared with its name; undefined if it is missing or damaged. */
  async read(digest: Digest): Promise<Buffer | undefined> {
    if ((await this.check(digest)) !== 'good') return undefined;
    const bytes = readFileSync(this.pathOf(digest));
    return digestBytes(bytes) === digest ? bytes : undefined;
  }

  /** Moves a finished draft to its name, unless the right bytes are there already. */
  async #place(draft: string, digest: Digest): Promise<void> {
    const path = this.pathOf(digest);
    if ((await this.check(digest)) === 'good' && (await this.#uses.touch(path)) !== undefined) return;
    try {
      for (const folder of moveInto(draft, path)) this.#sync.request(folder);
    } catch (error) {
      // Windows does not replace a read-only file: another process was faster with the same bytes.
      if (systemCode(error) !== 'EPERM' || (await this.check(digest)) !== 'good') throw error;
    }
  }

  #setAside(path: string, digest: Digest, seen: BigIntStats): void {
    // Another process may have set it aside and put the right bytes there since.
    if (statOf(path)?.ino === seen.ino) setAside(path, this.#quarantine, hexOf(digest));
  }
}
