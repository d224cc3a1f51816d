import { closeSync, fsync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from './error.js';
import { makeFolder } from './make-folder.js';
import { ownToken } from './process-identity.js';
import { checkFolder } from './trust.js';

// Short operations on names are synchronous here and in the files beside: a detour through the thread pool costs ten
// times as much as they take. What moves many bytes, or waits for the disk, is not.

/** Waits until an open file is on the disk. */
export const syncDescriptor = promisify(fsync);

let counter = 0;

/** A name in `folder` that no other process and no earlier call uses, and that tells whose it is. */
export function temporaryPath(folder: string): string {
  return join(folder, `${ownToken()}-${++counter}`);
}

/** Does something in a folder that most of the time is there already. */
export function inFolder<T>(folder: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    makeFolder(folder);
    return operation();
  }
}

/** Makes renames and deletions in a folder durable. Windows can't open folders; its renames need no such help. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      await syncDescriptor(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES'].includes(systemCode(error) ?? '')) throw error;
  }
}

/**
 * Renames a finished draft into a folder that need not exist. Returns the folders to sync to make that durable.
 *
 * @throws StoreError if the folder is a link
 */
export function moveInto(draft: string, path: string): readonly string[] {
  const folder = dirname(path);
  if (checkFolder(folder))
    try {
      renameSync(draft, path);
      return [folder];
    } catch (error) {
      // A `gc` may have removed it since.
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  const made = makeFolder(folder);
  renameSync(draft, path);
  return made === undefined ? [folder] : [folder, dirname(made)];
}

/** Writes a new file and waits until it is on the disk. */
export async function writeDraft(
  temporary: string,
  parts: readonly (Uint8Array | string)[],
  mode: number,
): Promise<string> {
  const draft = temporaryPath(temporary);
  const descriptor = inFolder(temporary, () => openSync(draft, 'wx', mode));
  try {
    for (const part of parts) writeAll(descriptor, part);
    await syncDescriptor(descriptor);
    return draft;
  } catch (error) {
    removeFile(draft);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces a file so that a crash at any moment leaves the old content or the new: a new file in `temporary` (on the
 * same file system) is written, made durable, and renamed.
 */
export async function writeAtomically(
  path: string,
  parts: readonly (Uint8Array | string)[],
  temporary: string,
): Promise<void> {
  const draft = await writeDraft(temporary, parts, 0o666);
  try {
    for (const folder of moveInto(draft, path)) await syncFolder(folder);
  } catch (error) {
    removeFile(draft);
    throw error;
  }
}

/** Removes a file that need not be there. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Writes all of it: a write may take less than it was given. */
export function writeAll(descriptor: number, part: Uint8Array | string): void {
  const bytes = typeof part === 'string' ? Buffer.from(part) : part;
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}
