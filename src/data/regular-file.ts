import { constants, createReadStream, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UserError } from '../error.js';

/** What lies at a path, as far as this user can tell; links are followed. */
export function kindOf(path: string): 'folder' | 'other' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/**
 * The whole of a file that lies on a disk, not of a pipe or a device, which may never end.
 * @param label how messages call it
 * @param limit bytes that it may have
 * @throws {UserError} E_DATA_FILE
 */
export async function readRegular(path: string, label: string, limit: number): Promise<Buffer> {
  const handle = await openRegular(path, label, limit);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The same as a stream. */
export async function streamRegular(path: string, label: string, limit: number): Promise<Readable> {
  const handle = await openRegular(path, label, limit);
  return createReadStream(path, { fd: handle, highWaterMark: 1 << 20 });
}

async function openRegular(path: string, label: string, limit: number): Promise<FileHandle> {
  const fail = (problem: string, hint?: string) => new UserError('E_DATA_FILE', `${label} ${problem}.`, hint);
  let handle: FileHandle;
  try {
    // Who opens a pipe would otherwise wait for its writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw fail(`can't be read: ${code === 'ENOENT' ? `there is no ${path}` : message}`);
  }
  const about = await handle.stat();
  const problem = about.isDirectory()
    ? 'is a folder, not a file'
    : !about.isFile()
      ? 'is a pipe or a device, not a file'
      : about.size > limit
        ? `has ${about.size} bytes, more than the ${limit} that it may have`
        : undefined;
  if (problem === undefined) return handle;
  await handle.close();
  throw fail(problem);
}
