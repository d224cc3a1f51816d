import { constants, gunzipSync } from 'node:zlib';
import { UserError } from '../error.js';

/** How much larger than its archive content may be, beyond what is small anyway: images are far from it. */
const maximumRatio = 200;
const small = 64 * 2 ** 20;

/** As much of an archive as holds any header, and what it can become at most. */
const headBytes = 16 * 2 ** 10;
const headLimit = headBytes * 1100;

/** True of content that is so much larger than its archive that it can only be a trap. @param packed bytes that it has there */
export const isBomb = (unpacked: number, packed: number): boolean => unpacked > Math.max(small, maximumRatio * packed);

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks a gzip file whose content says in its header how long it is; other bytes are returned as they are. No more is
 * unpacked than that, nor what claims to be far larger than its archive.
 * @param claimed the length of content, from its beginning; it may throw if that is no header
 * @throws {UserError} E_DATA_GZIP
 */
export function gunzip(bytes: Uint8Array, label: string, claimed: (head: Uint8Array) => number): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  const length = claimed(inflateHead(bytes, label));
  if (isBomb(length, bytes.length))
    throw new UserError(
      'E_DATA_GZIP',
      `${label} claims to unpack to ${length} bytes, from ${bytes.length}: no images compress that well.`,
      'If that is right, unpack it yourself.',
    );
  return inflate(bytes, label, length);
}

/** The beginning of what a gzip file holds, in which any header lies. @throws {UserError} E_DATA_GZIP */
export function inflateHead(bytes: Uint8Array, label: string): Uint8Array {
  return inflate(bytes.subarray(0, headBytes), label, headLimit, constants.Z_SYNC_FLUSH);
}

/** Unpacks a gzip file that must hold so many bytes, or fewer. @throws {UserError} E_DATA_GZIP */
export function inflate(bytes: Uint8Array, label: string, limit: number, finishFlush?: number): Uint8Array {
  const settings = {
    // One more than allowed, so that too long a content is noticed here or by its reader; never 0, which means no limit.
    maxOutputLength: limit + 1,
    info: true,
    ...(finishFlush === undefined ? {} : { finishFlush }),
  };
  let unpacked: Unpacked;
  try {
    unpacked = gunzipSync(bytes, settings) as unknown as Unpacked;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE' || code === 'ERR_OUT_OF_RANGE')
      throw new UserError(
        'E_DATA_GZIP',
        `${label} unpacks to more than the ${limit} bytes that it should hold.`,
        'Download it again.',
      );
    throw new UserError('E_DATA_GZIP', `${label} can't be unpacked: ${message}.`, 'Is it complete?');
  }
  // Tapes and disks pad files with zeros. Node passes over everything else as well, which may be the rest of a file.
  if (bytes.subarray(unpacked.engine.bytesWritten).some((byte) => byte !== 0))
    throw new UserError('E_DATA_GZIP', `${label} has data after its end.`, 'Is it complete? Download it again.');
  return unpacked.buffer;
}

/** What Node answers when it is asked for how much it has read. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
