import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Digest } from '../values.js';
import { canonicalJson } from './canonical.js';
import type { FileContent } from './digest-pool.js';
import { digestLargeFile } from './digest-pool.js';
import type { Reading } from './reading.js';

/** Files up to this size are hashed at once: to hand them to a thread would take longer. */
export const hashedAtOnce = 1 << 20;

/** SHA-256 of bytes, or of a string's UTF-8. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
}

/** SHA-256 of a value's canonical JSON. */
export function digestJson(value: unknown): Digest {
  return digestBytes(canonicalJson(value));
}

/**
 * SHA-256 of a file's content. Large files are hashed by threads, several at a time.
 *
 * @throws the system's error, or why the reading of a large file was given up
 */
export async function digestFile(path: string, reading?: Reading): Promise<FileContent> {
  const descriptor = openSync(path, 'r');
  let small: FileContent | undefined;
  try {
    small = digestSmall(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return small ?? digestLargeFile(path, reading);
}

/** SHA-256 of an open file; undefined if it is so large that threads should hash it. */
export function digestSmall(descriptor: number): FileContent | undefined {
  const { size } = fstatSync(descriptor);
  return size <= hashedAtOnce ? digestSmallFile(descriptor, size) : undefined;
}

/** SHA-256 of an open file that has `expected` bytes: at once, where piece by piece takes half as long again. */
function digestSmallFile(descriptor: number, expected: number): FileContent {
  // No larger than needed: to allocate a megabyte for a line costs more than to read it. One more byte tells whether it
  // grows meanwhile, or never said how large it is.
  const buffer = Buffer.allocUnsafe(expected + 1);
  let size = 0;
  for (;;) {
    const length = readSync(descriptor, buffer, size, buffer.length - size, size);
    size += length;
    if (size > expected) return digestOpenFile(descriptor, hashedAtOnce);
    // Files of /proc say that they are empty, and others may shrink: they are read until nothing comes.
    if (length === 0 || (size === expected && size > 0)) return { digest: digestBytes(buffer.subarray(0, size)), size };
  }
}

/**
 * SHA-256 of an open file, from its start, read in pieces of `chunk` bytes.
 * @param tell is told after each piece how many bytes were read in all, with the piece, which stays what it is until it returns
 */
export function digestOpenFile(
  descriptor: number,
  chunk: number,
  tell?: (read: number, piece: Buffer) => void,
): FileContent {
  const sha256 = createHash('sha256');
  const buffer = Buffer.allocUnsafe(chunk);
  let size = 0;
  for (;;) {
    const length = readSync(descriptor, buffer, 0, chunk, size);
    if (length === 0) break;
    const piece = buffer.subarray(0, length);
    sha256.update(piece);
    size += length;
    tell?.(size, piece);
  }
  return { digest: `sha256:${sha256.digest('hex')}` as Digest, size };
}

/** True for `sha256:` followed by 64 hexadecimal digits. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
