import { isUtf8 } from 'node:buffer';
import { systemCode } from '../../files/error.js';
import { readRegularFile } from '../../files/regular-file.js';

/** Why a file can't be read, and what to do about it. */
export interface Unreadable {
  readonly why: string;
  readonly hint?: string;
  /** True if it simply does not exist. */
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
    return decode(readRegularFile(path, maximumLength));
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
  const named = `the byte 0x${byte.toString(16).toUpperCase()} in line ${line}`;
  return notUtf8(`it is not UTF-8: ${named} is "${characterOf(byte)}" in Windows-1252 (Latin-1)`, 'WINDOWS-1252');
}

/** What Windows-1252 has from 0x80 to 0x9F. Node's decoder of that name takes these for control characters, as Latin-1 has them. */
const specials = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const characterOf = (byte: number): string => specials[byte - 0x80] ?? String.fromCharCode(byte);

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
