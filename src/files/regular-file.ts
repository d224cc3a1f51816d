import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** What lies at a path is nothing that can be read to its end: a pipe, a device, a folder; or it is too large. */
export class IrregularFile extends Error {
  override readonly name = 'IrregularFile';
}

/** More than this no note of ours is, and no text can be. */
const maximumLength = 2 ** 28;

/**
 * The bytes of a file that lies on a disk. A device never ends, and a pipe that nobody writes into never begins.
 *
 * @param limit bytes that it may have
 * @throws {IrregularFile} or the system's error
 */
export function readRegularFile(path: string, limit = maximumLength): Buffer {
  const { descriptor, stats } = openRegularFile(path);
  try {
    const tooLarge = () => new IrregularFile(`it is larger than ${limit / 2 ** 20} MiB, which no such file is`);
    if (stats.size > limit) throw tooLarge();
    // Files of /proc say that they are empty: the size is what arrives.
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.allocUnsafe(Math.max(stats.size - length, 0) + 4096);
      const count = readSync(descriptor, chunk);
      if (count === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > limit) throw tooLarge();
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
