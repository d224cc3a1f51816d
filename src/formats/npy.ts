import { UserError } from '../error.js';
import { gunzip } from './gzip.js';
import { halves } from './half.js';
import { type Literal, readLiteral } from './python-literal.js';
import { type NumberArray, permute } from './shape.js';

const kinds = {
  '|u1': Uint8Array,
  '|i1': Int8Array,
  '<u2': Uint16Array,
  '<i2': Int16Array,
  '<u4': Uint32Array,
  '<i4': Int32Array,
  '<u8': BigUint64Array,
  '<i8': BigInt64Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
} as const;
type Kind = keyof typeof kinds;
/** Read as single precision. */
const half = '<f2';

/** The same type with its lowest byte first, as memory has it here. */
const littleEndian = (descr: string): string => descr.replace(/^>/, '<');

/** Exchanges the bytes of each value, in place. */
function swapBytes({ buffer }: Uint8Array<ArrayBuffer>, bytesEach: number): void {
  const bytes = Buffer.from(buffer);
  if (bytesEach === 2) bytes.swap16();
  else if (bytesEach === 4) bytes.swap32();
  else if (bytesEach === 8) bytes.swap64();
}
export type NpyData = NumberArray;

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');

/** A NumPy file (format 1.0, little-endian, C order). */
export function encodeNpy(array: NpyArray): Uint8Array {
  return Buffer.concat(npyParts(array));
}

/** The same in pieces that follow one another: a large array need not be copied to be written. */
export function npyParts({ shape, data }: NpyArray): Uint8Array[] {
  const kind = (Object.keys(kinds) as Kind[]).find((name) => data instanceof kinds[name])!;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [npyHeader(kind, shape), bytes];
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
 * Reads a NumPy file of integers, floats or doubles, plain or gzip-compressed.
 * @param label how messages call the file
 * @throws {UserError} E_DATA_NPY, E_DATA_GZIP
 */
export function decodeNpy(file: Uint8Array, label: string): NpyArray {
  const fail = (problem: string): never => {
    throw new UserError(
      'E_DATA_NPY',
      `${label} is not a NumPy file that can be read: ${problem}.`,
      'Write it with numpy.save, as an array of integers, float32 or float64.',
    );
  };
  const split = (bytes: Uint8Array) => {
    const { descr, columnMajor, shape, start } = splitNpy(bytes, fail);
    const name = littleEndian(descr);
    const isHalf = name === half;
    if (!isHalf && !Object.hasOwn(kinds, name)) return fail(`its values are of the type ${descr}`);
    const Kind = isHalf ? Float32Array : kinds[name as Kind];
    const bytesEach = isHalf ? 2 : Kind.BYTES_PER_ELEMENT;
    const size = shape.reduce((a, b) => a * b, bytesEach);
    return { Kind, isHalf, bytesEach, isSwapped: name !== descr, columnMajor, shape, start, size };
  };
  const claimed = (head: Uint8Array) => {
    const { start, size } = split(head);
    return start + size;
  };
  const bytes = gunzip(file, label, claimed);
  const { Kind, isHalf, bytesEach, isSwapped, columnMajor, shape, start, size } = split(bytes);
  const values = bytes.subarray(start);
  if (values.length !== size)
    fail(`it holds ${values.length} bytes of data, but its shape [${shape.join(', ')}] needs ${size}`);
  // A copy: the data of wider types must begin at a multiple of their size.
  const own = new Uint8Array(values);
  if (isSwapped) swapBytes(own, bytesEach);
  const data = isHalf ? halves(own, 'F16') : new Kind(own.buffer);
  return inRowOrder({ shape, data }, columnMajor);
}

/** An array whose values may lie in Fortran order, as those of a transposed one do, in C order. */
export function inRowOrder(array: NpyArray, columnMajor: boolean): NpyArray {
  if (!columnMajor) return array;
  const reversed = [...array.shape.keys()].reverse();
  return permute({ shape: [...array.shape].reverse(), data: array.data }, reversed);
}

/** NumPy's own limits. */
const maximumHeader = 10_000;
const maximumDimensions = 64;

/** What comes before the values. */
export interface NpyHeader {
  readonly descr: string;
  readonly columnMajor: boolean;
  readonly shape: readonly number[];
  /** Where the values start. */
  readonly start: number;
}

/** Reads what comes before the values, as strictly as NumPy does. @param bytes the file, or its beginning */
export function splitNpy(bytes: Uint8Array, fail: (problem: string) => never): NpyHeader {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 10 || !file.subarray(0, 6).equals(magic)) fail('it does not begin with the NumPy signature');
  const [major, minor] = [file[6]!, file[7]!];
  if (major < 1 || major > 3 || minor !== 0)
    fail(`its format has the version ${major}.${minor}; supported: 1.0 to 3.0`);
  const start = major === 1 ? 10 : 12;
  if (file.length < start) fail('it ends within its header');
  const length = major === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8);
  if (length > maximumHeader)
    fail(`its header claims ${length} bytes, more than the ${maximumHeader} that any array needs`);
  if (start + length > file.length) fail('it ends within its header');
  const text = file.subarray(start, start + length).toString(major === 3 ? 'utf8' : 'latin1');
  const header = readLiteral(text);
  if (!(header instanceof Map) || header.size !== 3) return fail('its header is damaged');
  const descr = header.get('descr');
  const columnMajor = header.get('fortran_order');
  const shape = header.get('shape');
  if (descr === undefined || typeof columnMajor !== 'boolean' || !isShape(shape)) return fail('its header is damaged');
  if (typeof descr !== 'string') return fail('its values are records of several fields');
  if (shape.length > maximumDimensions)
    fail(`it has ${shape.length} dimensions, but NumPy has ${maximumDimensions} at most`);
  if (!isCountable(shape)) fail(`its shape [${shape.join(', ')}] is larger than any array`);
  return { descr, columnMajor, shape, start: start + length };
}

function isShape(value: Literal | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => typeof size === 'number' && size >= 0);
}

/** Even an array without values must have a size that can be counted. */
function isCountable(shape: readonly number[]): boolean {
  return Number.isSafeInteger(shape.filter((size) => size > 0).reduce((product, size) => product * size, 8));
}
