import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from './error.js';
import { ownToken } from './process-identity.js';

let counter = 0;

/** A name in `folder` that no other process and no earlier call uses, and that tells whose it is. */
export function temporaryPath(folder: string): string {
  return join(folder, `${ownToken()}-${++counter}`);
}

/** Makes renames and deletions in a folder durable. Windows can't open folders; its renames need no such help. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES'].includes(systemCode(error) ?? '')) throw error;
  }
}

/** Makes a folder and those above it, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolder(dirname(first));
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
  await makeFolder(dirname(path));
  await mkdir(temporary, { recursive: true });
  const draft = temporaryPath(temporary);
  try {
    const handle = await open(draft, 'wx');
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
