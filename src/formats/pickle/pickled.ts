import { ImportProblem } from '../problem.js';

/** What a pickle of nested lists of NumPy arrays can hold. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | PickledTuple
  | Map<string, PickleValue>
  | PickledGlobal
  | PickledDtype
  | PickledArray;

/** A tuple, which nothing can be appended to. */
export class PickledTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickledGlobal {
  constructor(readonly name: string) {}
}

export class PickledDtype {
  byteOrder = '|';
  constructor(readonly code: string) {}
}

/** A NumPy array, its elements still bytes, or Python objects where `data` is a list. */
export class PickledArray {
  shape: readonly number[] = [];
  /** Such as `<f4`; `|O` for objects. */
  dtype = '';
  columnMajor = false;
  data: Uint8Array | PickleValue[] = [];
}

export const damaged = (problem = 'its pickle is damaged') => new ImportProblem('E_IMPORT_FORMAT', problem);
export const unsafe = (problem: string) => new ImportProblem('E_IMPORT_UNSAFE', problem);

/** Python 2 kept short texts as bytes. */
export function asText(value: PickleValue | undefined): string | undefined {
  if (value instanceof Uint8Array && value.length < 256) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : undefined;
}

export function byteOf(character: string): number {
  const code = character.codePointAt(0)!;
  if (code > 255) throw damaged();
  return code;
}

const globals = new Set([
  'multiarray._reconstruct',
  'numeric._frombuffer',
  'numpy.ndarray',
  'numpy.dtype',
  '_codecs.encode',
]);

export function knownGlobal(name: string): PickledGlobal {
  // NumPy 2 moved the module that it names.
  const short = name.replace(/^numpy\._?core\.(?=(multiarray|numeric)\.)/, '');
  if (!globals.has(short)) throw unsafe(`it refers to "${name}", which is not part of an array`);
  return new PickledGlobal(short);
}

/** An array as protocol 5 has it: values, their type, shape, and the order of axes. */
export function fromBuffer([data, dtype, shape, order]: readonly PickleValue[]): PickledArray {
  const array = new PickledArray();
  restore(array, new PickledTuple([1, shape!, dtype!, order === 'F', data!]));
  if (order !== 'C' && order !== 'F') throw damaged();
  return array;
}

/** Gives an object the state that NumPy wrote for it. */
export function restore(object: PickleValue, state: PickleValue): undefined {
  const items = state instanceof PickledTuple ? state.items : [];
  const byteOrder = asText(items[1]);
  if (object instanceof PickledDtype && byteOrder !== undefined) {
    object.byteOrder = byteOrder;
    return;
  }
  const [, shape, dtype, columnMajor, data] = items;
  if (
    object instanceof PickledArray &&
    shape instanceof PickledTuple &&
    shape.items.every((size) => typeof size === 'number' && size >= 0) &&
    dtype instanceof PickledDtype &&
    typeof columnMajor === 'boolean' &&
    (Array.isArray(data) || data instanceof Uint8Array)
  ) {
    object.shape = shape.items as readonly number[];
    object.dtype = dtype.byteOrder + dtype.code;
    object.columnMajor = columnMajor;
    object.data = data;
    return;
  }
  throw damaged();
}
