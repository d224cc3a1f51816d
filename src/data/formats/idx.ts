import { gunzipSync, gzipSync } from 'node:zlib';
import { StageError } from '../../stage/definition.js';

/** A multi-dimensional array of bytes, as MNIST's files hold images and labels. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Far more than any of these files hold: a small archive must not fill the memory. */
const maximumBytes = 2 ** 31 - 1;

/** Unpacks a gzip file; other bytes are returned as they are. @throws {StageError} E_DATA_GZIP */
export function unzip(bytes: Uint8Array, label: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maximumBytes });
  } catch (error) {
    throw new StageError('E_DATA_GZIP', `${label} can't be unpacked: ${(error as Error).message}.`, 'Is it complete?');
  }
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzip-compressed.
 * @param label how messages call the file
 * @throws {StageError} E_DATA_IDX
 */
export function decodeIdx(file: Uint8Array, label: string): IdxArray {
  const bytes = unzip(file, label);
  const fail = (problem: string): never => {
    throw new StageError(
      'E_DATA_IDX',
      `${label} is not an IDX file of bytes: ${problem}.`,
      'Is it complete, and the right file?',
    );
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) return fail('it does not begin with the IDX signature');
  if (bytes[2] !== 8) return fail(`its values are of type ${bytes[2]}, not unsigned bytes (8)`);
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  if (dimensions < 1 || bytes.length < start) return fail('it ends within its header');
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== count)
    return fail(`it holds ${bytes.length - start} values, and its shape [${shape.join(', ')}] needs ${count}`);
  return { shape, data: bytes.subarray(start) };
}

/** Writes a gzip-compressed IDX file. */
export function encodeIdx({ shape, data }: IdxArray): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [i, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * i);
  return gzipSync(Buffer.concat([head, data]), { level: 9 });
}
