import { isUtf8 } from 'node:buffer';

/** Why bytes are no text, and what to do about it. */
export interface NotUtf8 {
  /** Such as `it is UTF-16LE, not UTF-8`. */
  readonly why: string;
  readonly hint: string;
}

/**
 * The text that a user has saved: UTF-8, with or without a byte order mark; for anything else, what it probably is. Read as
 * if it were UTF-8, other characters would become one and the same in silence.
 */
export function decodeText(bytes: Uint8Array): string | NotUtf8 {
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

function notUtf8(why: string, encoding: string): NotUtf8 {
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
