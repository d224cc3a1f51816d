import { gzipSync } from 'node:zlib';
import { UserError } from '../../error.js';
import { gunzip } from '../../formats/gzip.js';

/** A multi-dimensional array of bytes, as MNIST's files hold images and labels. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

type Fail = (problem: string) => never;

/** As many dimensions as any array has. */
const maximumDimensions = 64;

function splitIdx(bytes: Uint8Array, fail: Fail): { shape: readonly number[]; start: number; count: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) return fail('it does not begin with the IDX signature');
  if (bytes[2] !== 8) return fail(`its values are of type ${bytes[2]}, not unsigned bytes (8)`);
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  if (dimensions < 1 || bytes.length < start) return fail('it ends within its header');
  if (dimensions > maximumDimensions) return fail(`it has ${dimensions} dimensions, more than any array has`);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, start, count: shape.reduce((product, size) => product * size, 1) };
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzip-compressed.
 * @param label how messages call the file
 * @throws {UserError} E_DATA_IDX, E_DATA_GZIP
 */
export function decodeIdx(file: Uint8Array, label: string): IdxArray {
  const fail: Fail = (problem) => {
    throw new UserError(
      'E_DATA_IDX',
      `${label} is not an IDX file of bytes: ${problem}.`,
      'Is it complete, and the right file?',
    );
  };
  const claimed = (head: Uint8Array) => {
    const { start, count } = splitIdx(head, fail);
    return start + count;
  };
  const bytes = gunzip(file, label, claimed);
  const { shape, start, count } = splitIdx(bytes, fail);
  if (bytes.length - start !== count)
    return fail(`it holds ${bytes.length - start} values, and its shape [${shape.join(', ')}] needs ${count}`);
  return { shape, data: bytes.subarray(start) };
}

/** An IDX file of bytes. */
export function idxFile({ shape, data }: IdxArray): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [i, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([head, data]);
}

/** Writes a gzip-compressed IDX file. */
export function encodeIdx(array: IdxArray): Uint8Array {
  return gzipSync(idxFile(array), { level: 9 });
}
