import { UserError } from '../error.js';
import { halves } from './half.js';
import { elements } from './shape.js';

/** Element types of tensors that Spikeline knows; the type in the file follows from the array. */
export type TensorData = Float32Array | Float64Array | Int8Array | Int32Array | BigInt64Array | Uint8Array;
export type DType = 'F64' | 'F32' | 'I64' | 'I32' | 'I8' | 'U8';

export interface Tensor {
  /** Row-major. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** The content of a safetensors file. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

/** What is read as single precision. */
const halfTypes = ['F16', 'BF16'] as const;
type HalfType = (typeof halfTypes)[number];
const isHalf = (dtype: DType | HalfType): dtype is HalfType => (halfTypes as readonly string[]).includes(dtype);

/** The format's own limit on the header, 100 MB. */
const maximumHeader = 100_000_000;

export function dtypeOf(data: TensorData): DType {
  for (const [dtype, array] of Object.entries(arrays)) if (data instanceof array) return dtype as DType;
  throw new TypeError('not a tensor array');
}

/**
 * Writes the safetensors format: u64 length of the header, header in JSON, values in little-endian. The bytes depend
 * on the content alone: metadata are sorted by name, tensors by element size (so that all are aligned) and name, and
 * the header is padded with spaces to 8 bytes.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array {
  const tensors = [...file.tensors].sort(
    ([nameA, a], [nameB, b]) =>
      b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const entries: [string, unknown][] = [];
  const metadata = Object.entries(file.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (metadata.length > 0) entries.push(['__metadata__', Object.fromEntries(metadata)]);
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (elements(shape) !== data.length)
      throw new TypeError(`${name}: ${data.length} values for [${shape.join(', ')}]`);
    entries.push([name, { dtype: dtypeOf(data), shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  // Entries are joined by hand: a JavaScript object would move names that look like numbers to the front.
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const headerLength = Math.ceil(text.length / 8) * 8;

  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(text, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Nothing in it is trusted: every offset is checked, and the tensors must cover the file
 * without gap or overlap, as the format demands.
 * @param label how messages call the file
 * @throws {UserError} E_SAFETENSORS
 */
export function decodeSafetensors(bytes: Uint8Array, label: string): TensorFile {
  const fail = (problem: string): never => {
    throw new UserError('E_SAFETENSORS', `${label} is not a valid safetensors file: ${problem}.`);
  };
  if (bytes.length < 8) fail('it is shorter than 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > maximumHeader) fail(`its header claims ${headerLength} bytes`);
  if (headerLength > bytes.length - 8) fail('it ends within its header');
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), fail);

  let metadata: Readonly<Record<string, string>> = {};
  const entries: { name: string; dtype: DType | HalfType; shape: readonly number[]; start: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push(parseEntry(name, value, fail));
    else if (isStringRecord(value)) metadata = value;
    else fail('its __metadata__ is not a map of strings');
  }

  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  // As a plain Uint8Array: `slice` of a Buffer would not copy.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + headerLength, bytes.length - 8 - headerLength);
  const tensors = new Map<string, Tensor>();
  let covered = 0;
  for (const { name, dtype, shape, start, end } of entries) {
    if (start !== covered) fail(`the tensor "${name}" starts at ${start} and not at ${covered}`);
    if (end > data.length) fail(`the tensor "${name}" ends at ${end}, beyond the ${data.length} bytes of data`);
    // Copied, because a typed array can't start at any odd place.
    const values = data.slice(start, end);
    tensors.set(name, { shape, data: isHalf(dtype) ? halves(values, dtype) : new arrays[dtype](values.buffer) });
    covered = end;
  }
  if (covered !== data.length) fail(`${data.length - covered} bytes at its end belong to no tensor`);
  return { tensors, metadata };
}

type Fail = (problem: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail('its header is not a JSON object');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const header = JSON.parse(text) as Record<string, unknown>;
    const problem = looseness(text);
    if (problem !== undefined) fail(problem);
    return header;
  } catch (error) {
    if (error instanceof UserError) throw error;
    return fail('its header is not JSON');
  }
}

/** Texts with the colon that makes them keys, numbers, and the brackets of objects. */
const parts = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|[{}]/g;

/** What JavaScript reads in a header and the format's own library does not. @param text sound JSON */
function looseness(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [part, quoted, colon] of text.matchAll(parts)) {
    if (part === '{') open.push(new Set());
    else if (part === '}') open.pop();
    else if (quoted === undefined) {
      if (!/^-?[1-9]\d*$|^0$/.test(part)) return `its header holds ${part.slice(0, 40)} where only whole sizes belong`;
    } else {
      const value = JSON.parse(quoted) as string;
      if (!value.isWellFormed()) return 'one of the texts in its header is not Unicode';
      if (colon === undefined) continue;
      const keys = open.at(-1)!;
      if (keys.has(value)) return `its header says ${JSON.stringify(value).slice(0, 80)} twice`;
      keys.add(value);
    }
  }
  return undefined;
}

function parseEntry(name: string, value: unknown, fail: Fail) {
  if (!isRecord(value)) return fail(`the tensor "${name}" has no description`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isKnown(dtype)) {
    const known = [...Object.keys(arrays), ...halfTypes].join(', ');
    return fail(`the tensor "${name}" has the type ${JSON.stringify(dtype)}; supported: ${known}`);
  }
  if (!isShape(shape)) return fail(`the shape of the tensor "${name}" is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail(`the offsets of the tensor "${name}" are not two numbers`);
  const [start, end] = offsets as [number, number];
  const size = elements(shape) * (isHalf(dtype) ? 2 : arrays[dtype].BYTES_PER_ELEMENT);
  if (end - start !== size)
    return fail(`the tensor "${name}" has ${end - start} bytes, but its shape [${shape.join(', ')}] needs ${size}`);
  return { name, dtype, shape, start, end };
}

const isKnown = (dtype: string): dtype is DType | HalfType => Object.hasOwn(arrays, dtype) || isHalf(dtype as HalfType);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isShape(value: unknown): value is readonly number[] {
  // Even a tensor without values must have a size that can be counted.
  return isSizes(value) && Number.isSafeInteger(elements(value.filter((size) => size > 0)) * 8);
}
