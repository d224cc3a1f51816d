import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** What lies at a path is nothing that can be read to its end: a pipe, a device, a folder; or it is too large. */
export class IrregularFile extends Error {
  override readonly name = 'IrregularFile';
}

/** More than this no note of ours is, and no text can be. */
const maximumLength = 2 ** 28;
/** No system reads more at once. */
const longestRead = 2 ** 30;

/**
 * The bytes of a file that lies on a disk. A device never ends, and a pipe that nobody writes into never begins.
 *
 * @param limit bytes that it may have
 * @throws {IrregularFile} or the system's error
 */
export function readRegularFile(path: string, limit = maximumLength): Buffer {
  const { descriptor, stats } = openRegularFile(path);
  try {
    const most = limit % 2 ** 20 === 0 ? `${limit / 2 ** 20} MiB` : `${limit} bytes`;
    const tooLarge = () => new IrregularFile(`it is larger than ${most}, too large for such a file`);
    if (stats.size > limit) throw tooLarge();
    // Files of /proc say that they are empty: the size is what arrives.
    let bytes = Buffer.allocUnsafe(stats.size + 4096);
    for (let length = 0; ; ) {
      const count = readSync(descriptor, bytes, length, Math.min(bytes.length - length, longestRead), null);
      if (count === 0) return bytes.subarray(0, length);
      length += count;
      if (length > limit) throw tooLarge();
      if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a file that lies on a disk, to be read in parts, and closed by the caller.
 *
 * @throws {IrregularFile} or the system's error
 */
export function openRegularFile(path: string): { readonly descriptor: number; readonly stats: Stats } {
  // Opening a pipe waits for a writer otherwise. Windows has neither.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new IrregularFile(`it is ${kindOfFile(stats)}`);
    return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** What lies at a path, in words. */
export function kindOfFile(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : stats.isFile() ? 'a file' : 'a device';
}
