import { createReadStream, existsSync, lstatSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveInto, syncFolder, temporaryPath } from '../../files/atomic.js';
import { StoreError, systemCode, systemError } from '../../files/error.js';
import { makeFolder } from '../../files/make-folder.js';
import { isToken } from '../../files/process-identity.js';
import { openRegularFile } from '../../files/regular-file.js';
import { checkFolders } from '../../files/trust.js';
import { lastUse } from '../last-use.js';
import { namesIn } from '../listing.js';
import type { Area, Incoming, Outgoing, Remote } from './remote.js';
import { RemoteError } from './remote.js';

/** Drafts of programs that were killed are removed after this time: the longest upload takes less. */
const abandonedMs = 24 * 3_600_000;

/**
 * A folder that several machines see, laid out as a server of the HTTP protocol would show it: `cas/<sha256>` and
 * `ac/<key>`. A web server may serve the same folder. Every write is temporary file, fsync, rename.
 */
export class FolderRemote implements Remote {
  readonly #temporary: string;
  #prepared = false;

  constructor(
    readonly folder: string,
    readonly name = folder,
  ) {
    this.#temporary = join(folder, 'tmp');
  }

  get(area: Area, name: string, signal: AbortSignal): Promise<Incoming | undefined> {
    return this.#guard(async () => {
      signal.throwIfAborted();
      const path = join(this.folder, area, name);
      if (this.#sizeOf(path) === undefined) return undefined;
      try {
        // A pipe that somebody has put there since is not waited for.
        const { descriptor, stats } = openRegularFile(path);
        return { size: stats.size, body: createReadStream(path, { fd: descriptor, signal }) };
      } catch (error) {
        // Removed since.
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  find(area: Area, name: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#guard(async () => {
      signal.throwIfAborted();
      return this.#sizeOf(join(this.folder, area, name));
    });
  }

  async put(area: Area, name: string, content: Outgoing, signal: AbortSignal): Promise<void> {
    await this.#guard(async () => {
      this.#prepare();
      const draft = temporaryPath(this.#temporary);
      let file: FileHandle | undefined;
      try {
        file = await open(draft, 'wx', 0o644);
        for await (const chunk of content.open()) {
          signal.throwIfAborted();
          await file.writeFile(chunk);
        }
        await file.sync();
        await file.close();
        file = undefined;
        for (const folder of moveInto(draft, join(this.folder, area, name))) await syncFolder(folder);
      } finally {
        await file?.close();
        rmSync(draft, { force: true });
      }
    });
  }

  explain(error: unknown): RemoteError {
    return folderError(error);
  }

  async close(): Promise<void> {}

  /** Undefined for what is no file, too: who puts one there replaces it. */
  #sizeOf(path: string): number | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined && !existsSync(this.folder)) this.#checkParent();
    return stat?.isFile() === true ? stat.size : undefined;
  }

  /** A share that is not mounted must not look like an empty cache, nor get its place filled. */
  #checkParent(): void {
    if (!existsSync(dirname(this.folder)))
      throw new RemoteError('refused', `the folder ${dirname(this.folder)} does not exist`, 'Is the share mounted?');
  }

  #prepare(): void {
    // Somebody may have removed it meanwhile, whole, or the share has gone.
    if (this.#prepared && existsSync(this.#temporary)) return;
    if (!existsSync(this.folder)) this.#checkParent();
    // Others may have put a link there: what it leads to is no draft.
    checkFolders([this.#temporary]);
    makeFolder(this.#temporary);
    for (const name of namesIn(this.#temporary).filter(isToken)) {
      const path = join(this.#temporary, name);
      const now = Date.now();
      const time = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (now - lastUse(path, time, now) > abandonedMs) rmSync(path, { force: true });
    }
    this.#prepared = true;
  }

  async #guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw folderError(error);
    }
  }
}

/** What a file system's error means for a remote. */
function folderError(error: unknown): RemoteError {
  if (error instanceof RemoteError) return error;
  // A link, or a folder of somebody else's that all may write to.
  if (error instanceof StoreError) {
    const hint = error.code === 'E_STORE_LINK' ? 'Remove it.' : error.hint;
    return new RemoteError('denied', error.message.replace(/\.$/, ''), hint, undefined, { cause: error });
  }
  const code = systemCode(error) ?? '';
  const told = systemError(error, 'it');
  const message = told?.message ?? (error instanceof Error ? error.message : String(error));
  // What else it would have users do is for a store of results.
  const hint = code === 'ENOTDIR' ? told?.hint : undefined;
  const denied = ['EACCES', 'EPERM', 'EROFS'].includes(code);
  const lasting = ['ENOSPC', 'EDQUOT', 'EFBIG', 'ENOTDIR', 'EISDIR'].includes(code);
  const fault = denied ? 'denied' : lasting ? 'refused' : 'transient';
  return new RemoteError(fault, message.replace(/\.$/, ''), hint, undefined, { cause: error });
}
