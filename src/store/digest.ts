import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { canonicalJson } from './canonical.js';
import type { Digest } from './types.js';

const chunk = 1 << 20;

/** SHA-256 of bytes, or of a string's UTF-8. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** SHA-256 of a value's canonical JSON. */
export function digestJson(value: unknown): Digest {
  return digestBytes(canonicalJson(value));
}

/** SHA-256 of a file, read in pieces of 1 MiB. */
export async function digestFile(path: string): Promise<{ digest: Digest; size: number }> {
  const handle = await open(path, 'r');
  try {
    return await digestHandle(handle);
  } finally {
    await handle.close();
  }
}

/** SHA-256 of an open file, from its start. */
export async function digestHandle(handle: FileHandle): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(chunk);
  let size = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, chunk, size);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return { digest: `sha256:${hash.digest('hex')}` as Digest, size };
}

/** Is it `sha256:` and 64 hexadecimal digits? */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
