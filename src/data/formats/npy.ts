import { StageError } from '../../stage/definition.js';
import { permute } from '../axes.js';

const kinds = {
  '|u1': Uint8Array,
  '|i1': Int8Array,
  '<i4': Int32Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
} as const;
type Kind = keyof typeof kinds;
export type NpyData = Uint8Array | Int8Array | Int32Array | Float32Array | Float64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');

/** A NumPy file (format 1.0, little-endian, C order). */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  const kind = (Object.keys(kinds) as Kind[]).find((name) => data instanceof kinds[name])!;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([npyHeader(kind, shape), bytes]);
}

/** What comes before the values. @param descr NumPy's name of their type, `|O` for pickled objects */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  // The header ends in a line feed, and the data start at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  magic.copy(head);
  head.set([1, 0], 6);
  head.writeUInt16LE(length, 8);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1')]);
}

/**
 * Reads a NumPy file of bytes, signed or not, 32-bit integers, floats or doubles.
 * @param label how messages call the file
 * @throws {StageError} E_DATA_NPY
 */
export function decodeNpy(bytes: Uint8Array, label: string): NpyArray {
  const fail = (problem: string): never => {
    throw new StageError(
      'E_DATA_NPY',
      `${label} is not a NumPy file that can be read: ${problem}.`,
      'Write it with numpy.save, as an array of uint8, int8, int32, float32 or float64.',
    );
  };
  const { descr, columnMajor, shape, start } = splitNpy(bytes, fail);
  const Kind = kinds[descr as Kind];
  if (Kind === undefined) return fail(`its values are of the type ${descr}`);
  const values = bytes.subarray(start);
  const size = shape.reduce((product, size) => product * size, Kind.BYTES_PER_ELEMENT);
  if (values.length !== size)
    fail(`it holds ${values.length} bytes of data, and its shape [${shape.join(', ')}] needs ${size}`);
  // A copy: the data of wider types must begin at a multiple of their size.
  return inRowOrder({ shape, data: new Kind(new Uint8Array(values).buffer) }, columnMajor);
}

/** An array whose values may lie in Fortran order, as those of a transposed one do, in C order. */
export function inRowOrder(array: NpyArray, columnMajor: boolean): NpyArray {
  if (!columnMajor) return array;
  const reversed = [...array.shape.keys()].reverse();
  return permute({ shape: [...array.shape].reverse(), data: array.data }, reversed);
}

/** Reads what comes before the values. @returns where they start, beside what the header says */
export function splitNpy(
  bytes: Uint8Array,
  fail: (problem: string) => never,
): { descr: string; columnMajor: boolean; shape: readonly number[]; start: number } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 10 || !file.subarray(0, 6).equals(magic)) fail('it does not begin with the NumPy signature');
  const wide = file[6]! >= 2;
  const start = wide ? 12 : 10;
  const length =
    file.length < start ? fail('it ends within its header') : wide ? file.readUInt32LE(8) : file.readUInt16LE(8);
  if (start + length > file.length) fail('it ends within its header');
  const header = file.subarray(start, start + length).toString('latin1');
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || dimensions === undefined) return fail('its header is damaged');
  const sizes = dimensions.split(',').map((part) => part.trim());
  const shape = sizes.filter((part) => part !== '').map(Number);
  return { descr, columnMajor: order === 'True', shape, start: start + length };
}
