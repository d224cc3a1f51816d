import { inflateSync } from 'node:zlib';
import { decode } from 'fast-png';

/** Of the file: its signature; of a chunk: its length, its type, and its checksum. */
const [signatureBytes, chunkBytes] = [8, 12];
const headerBytes = 13;
const channels = 3;
/** How the header says that. */
const colour = 2;

/**
 * Reads a PNG of so many pixels in colour, with eight bits a channel. No more memory is taken than those pixels need.
 * @returns pixels in rows, a byte for each of red, green and blue
 * @throws {Error} with the problem as its message, which speaks of `one of its images`
 */
export function decodePng(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const fail = (problem: string): never => {
    throw new Error(`one of its images ${problem}`);
  };
  const packed = checkChunks(bytes, width, height, fail);
  const expected = height * (1 + width * channels);
  // The decoder takes what is missing for zeros, and unpacks all that there is.
  if (unpackedLength(packed, expected) !== expected) fail('does not have as many pixels as it says');
  return new Uint8Array(decode(bytes, { checkCrc: true }).data);
}

/**
 * The decoder takes the last of several headers for the right one, and memory for whatever that says: so there must be
 * one, and it the first chunk, as the format has it.
 * @returns the packed pixels
 */
function checkChunks(bytes: Uint8Array, width: number, height: number, fail: (problem: string) => never): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed: Uint8Array[] = [];
  for (let at = signatureBytes; ; ) {
    if (at + chunkBytes > bytes.length) fail('is not a PNG, or ends too early');
    const length = view.getUint32(at);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    const data = bytes.subarray(at + 8, at + 8 + length);
    if ((type === 'IHDR') !== (at === signatureBytes)) fail('does not begin with exactly one header');
    if (type === 'IHDR') {
      if (length !== headerBytes || data.length < length) fail('is not a PNG, or ends too early');
      if (view.getUint32(at + 8) !== width || view.getUint32(at + 12) !== height) fail(`is not ${width}×${height}`);
      if (data[8] !== 8 || data[9] !== colour) fail('is not in colour, with eight bits a channel');
      if (data[12] !== 0) fail('is interlaced');
    }
    // Profiles of colours are packed, too, and nobody needs them here.
    if (type === 'iCCP') fail('has a colour profile');
    if (type === 'IDAT') packed.push(data);
    if (type === 'IEND') return Buffer.concat(packed);
    at += chunkBytes + length;
  }
}

/** How much it unpacks to, where that is no more than a limit. */
function unpackedLength(packed: Uint8Array, limit: number): number | undefined {
  try {
    return inflateSync(packed, { maxOutputLength: limit }).length;
  } catch {
    return undefined;
  }
}
