import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { systemCode } from '../store/error.js';

/** Why a file can't be read, and what to do about it. */
export interface Unreadable {
  readonly why: string;
  readonly hint?: string;
  /** Is it just not there? */
  readonly isAbsent?: boolean;
}

/** More than this is no pipeline file, in bytes. */
const maximumLength = 16 * 2 ** 20;

/**
 * The text of a pipeline file, or why it can't be read. Only regular files are read, and no more of them than a pipeline
 * may have: a device never ends, and a pipe that nobody writes into never begins.
 */
export function readText(path: string): string | Unreadable {
  try {
    const bytes = readBytes(path);
    return bytes instanceof Uint8Array ? decode(bytes) : bytes;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { why: 'there is no such file', isAbsent: true };
    // Windows does not open folders, and no system opens sockets.
    if (code === 'EISDIR') return { why: 'it is a folder' };
    if (code === 'ENXIO') return { why: 'it is a socket' };
    if (code === 'EACCES') return { why: 'permission is denied' };
    return { why: (error as Error).message };
  }
}

function readBytes(path: string): Buffer | Unreadable {
  // Opening a pipe waits for a writer otherwise. Windows has neither.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { why: `it is ${kindOfFile(stats)}` };
    const tooLarge = { why: `it is larger than ${maximumLength / 2 ** 20} MiB, which no such file is` };
    if (stats.size > maximumLength) return tooLarge;
    // Files of /proc say that they are empty: the size is what arrives.
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.allocUnsafe(Math.max(stats.size - length, 0) + 4096);
      const count = readSync(descriptor, chunk);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > maximumLength) return tooLarge;
    }
  } finally {
    closeSync(descriptor);
  }
}

function kindOfFile(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
}

/** UTF-8, with or without a byte order mark; for anything else, what it probably is. */
export function decode(bytes: Uint8Array): string | Unreadable {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = wideEncoding(buffer);
  if (wide !== undefined) return notUtf8(`it is ${wide}, not UTF-8`, wide);
  // Editors count columns without the mark.
  if (isUtf8(buffer)) return buffer.toString('utf8').replace(/^\uFEFF/, '');
  const at = firstWrong(buffer);
  const line = buffer.subarray(0, at).toString('latin1').split('\n').length;
  const byte = buffer[at]!;
  const character = new TextDecoder('windows-1252').decode(buffer.subarray(at, at + 1));
  const named = `the byte 0x${byte.toString(16).toUpperCase()} in line ${line}`;
  return notUtf8(`it is not UTF-8: ${named} is "${character}" in Windows-1252 (Latin-1)`, 'WINDOWS-1252');
}

function notUtf8(why: string, encoding: string): Unreadable {
  return { why, hint: `save it as UTF-8, such as with iconv -f ${encoding} -t UTF-8` };
}

/** UTF-16 and UTF-32 by their marks; without one, by the zero bytes that every ASCII character has. */
function wideEncoding(bytes: Buffer): string | undefined {
  const begins = (...mark: number[]) => mark.every((byte, index) => bytes[index] === byte);
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) return 'UTF-32';
  if (begins(0xff, 0xfe)) return 'UTF-16LE';
  if (begins(0xfe, 0xff)) return 'UTF-16BE';
  const start = bytes.subarray(0, 64);
  const zeros = [0, 0];
  for (const [index, byte] of start.entries()) if (byte === 0) zeros[index % 2]!++;
  const [even = 0, odd = 0] = zeros;
  if (even + odd <= start.length / 4) return undefined;
  return even === 0 ? 'UTF-16LE' : odd === 0 ? 'UTF-16BE' : undefined;
}

/** Offset of the first byte that is no UTF-8: where the decoder puts its mark, and the file has none. */
function firstWrong(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let [offset, from] = [0, 0];
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes.toString('utf8', offset, offset + 3) !== '\uFFFD' || bytes[offset] !== 0xef) return offset;
    from = at;
  }
  return 0;
}
