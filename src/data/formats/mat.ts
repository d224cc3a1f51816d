import { inflateSync } from 'node:zlib';
import { elements } from '../../formats/shape.js';

/** An array of bytes, as MATLAB lays it out: the first axis is the fastest. */
export interface MatArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Numbers of MATLAB 5's data types. */
const types = { uint8: 2, int32: 5, matrix: 14, compressed: 15 } as const;
const [headerBytes, tagBytes, flagBytes] = [128, 8, 16];

/**
 * The arrays of bytes in a file of MATLAB 5, by name, each plain or compressed.
 *
 * @param limit bytes that the arrays may unpack to
 * @throws {Error} with the problem as its message, as a clause about "it"
 */
export function decodeMat(file: Uint8Array, limit: number): ReadonlyMap<string, MatArray> {
  const head = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1', 0, headerBytes);
  if (!head.startsWith('MATLAB 5.0') || head.slice(126) !== 'IM') throw new Error('it is not a MATLAB 5 file');
  const arrays = new Map<string, MatArray>();
  for (let at = headerBytes; at < file.length; ) {
    const { type, data, end } = elementAt(file, at);
    const matrix = type === types.compressed ? elementAt(unpacked(data, limit), 0) : { type, data };
    if (matrix.type !== types.matrix) throw new Error(`it holds an element of type ${matrix.type} instead of an array`);
    const { name, array } = arrayOf(matrix.data);
    arrays.set(name, array);
    at = end;
  }
  return arrays;
}

function unpacked(data: Uint8Array, limit: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: limit });
  } catch (error) {
    throw new Error(`its data can't be unpacked (${(error as Error).message})`, { cause: error });
  }
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Where the next one begins, in the same bytes. */
  readonly end: number;
}

function elementAt(bytes: Uint8Array, at: number): Element {
  if (at + tagBytes > bytes.length) throw new Error('it ends too early');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint32(at, true);
  // Up to four bytes lie in the tag itself.
  const isShort = first >>> 16 > 0;
  const [type, size] = isShort ? [first & 0xffff, first >>> 16] : [first, view.getUint32(at + 4, true)];
  const start = isShort ? at + 4 : at + tagBytes;
  if (start + size > bytes.length || (isShort && size > 4)) throw new Error('it ends too early');
  const padded = isShort ? tagBytes : tagBytes + (type === types.compressed ? size : Math.ceil(size / 8) * 8);
  return { type, data: bytes.subarray(start, start + size), end: at + padded };
}

/** An array: its flags, sizes, name and values, an element each. */
function arrayOf(bytes: Uint8Array): { readonly name: string; readonly array: MatArray } {
  const sizes = elementAt(bytes, flagBytes);
  const name = elementAt(bytes, sizes.end);
  const values = elementAt(bytes, name.end);
  if (sizes.type !== types.int32 || values.type !== types.uint8) throw new Error('its values are not bytes');
  const view = new DataView(sizes.data.buffer, sizes.data.byteOffset, sizes.data.byteLength);
  const shape = Array.from({ length: sizes.data.length / 4 }, (_, i) => view.getInt32(4 * i, true));
  if (elements(shape) !== values.data.length)
    throw new Error(`an array of the shape [${shape.join(', ')}] has ${values.data.length} values`);
  // Not as a Buffer, whose `slice` would not copy.
  const data = new Uint8Array(values.data.buffer, values.data.byteOffset, values.data.length);
  return { name: Buffer.from(name.data).toString('latin1'), array: { shape, data } };
}
