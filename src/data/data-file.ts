import { closeSync, createReadStream, type ReadStream, statSync } from 'node:fs';
import { UserError } from '../error.js';
import { systemCode } from '../files/error.js';
import { IrregularFile, openRegularFile, readRegularFile } from '../files/regular-file.js';

/** What lies at a path, as far as this user can tell; links are followed. */
export function pathKind(path: string): 'folder' | 'other' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/**
 * The whole of a file of data.
 *
 * @param label how messages call it
 * @param limit bytes that it may have
 * @throws {UserError} E_DATA_FILE
 */
export function readDataFile(path: string, label: string, limit: number): Buffer {
  return explained(path, label, () => readRegularFile(path, limit));
}

/** The same as a stream. */
export function streamDataFile(path: string, label: string, limit: number): ReadStream {
  const { descriptor } = openDataFile(path, label, limit);
  return createReadStream(path, { fd: descriptor, highWaterMark: 1 << 20 });
}

/** The same to be read in parts, and closed by the caller. */
export function openDataFile(path: string, label: string, limit: number): { descriptor: number; size: number } {
  return explained(path, label, () => {
    const { descriptor, stats } = openRegularFile(path);
    if (stats.size <= limit) return { descriptor, size: stats.size };
    closeSync(descriptor);
    throw new IrregularFile(`it has ${stats.size} bytes, more than the ${limit} allowed`);
  });
}

function explained<T>(path: string, label: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? `there is no ${path}` : (error as Error).message;
    throw new UserError('E_DATA_FILE', `${label} can't be read: ${why}.`, undefined, { cause: error });
  }
}
