import { ImportProblem } from '../failure.js';

/** What a pickle of nested lists of NumPy arrays can hold. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | PickledGlobal
  | PickledDtype
  | PickledArray;

class PickledGlobal {
  constructor(readonly name: string) {}
}

class PickledDtype {
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

/** Where the next marked item begins on the stack. */
const mark = Symbol('mark');
type Stack = (PickleValue | typeof mark)[];

/**
 * Reads a pickle of protocol 2 to 4 that holds nothing but lists, tuples, scalars and NumPy arrays, as
 * `numpy.save` writes a list of arrays. Pickles are programs: this runs none. It knows the few names that arrays are
 * made of and refuses every other.
 * @throws {ImportProblem} such as `it refers to "os.system", which is no part of an array`
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new Unpickler(bytes).run();
}

const damaged = (problem = 'its pickle is damaged') => new ImportProblem('E_IMPORT_FORMAT', problem);
const unsafe = (problem: string) => new ImportProblem('E_IMPORT_UNSAFE', problem);

class Unpickler {
  private position = 0;
  private readonly view: DataView;
  private readonly stack: Stack = [];
  private readonly memo = new Map<number, PickleValue>();
  /** Bytes made from texts so far. A text may be recalled and made into bytes any number of times, which no array needs. */
  private encoded = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.take(1)[0]!;
      if (opcode === 0x2e) return this.pop(); // STOP
      const pushed = this.execute(opcode);
      if (pushed !== undefined) this.stack.push(pushed);
    }
  }

  /** One instruction; gives what it pushes, if anything. Names and codes are those of Python's pickletools. */
  private execute(opcode: number): PickleValue | typeof mark | undefined {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.unsigned(1) > 4) throw damaged('it is a pickle of a protocol newer than 4');
        return undefined;
      case 0x95: // FRAME
        this.take(8);
        return undefined;
      case 0x28: // MARK
        return mark;
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        return opcode === 0x88;
      case 0x4b: // BININT1
        return this.unsigned(1);
      case 0x4d: // BININT2
        return this.unsigned(2);
      case 0x4a: // BININT
        return this.unsigned(4) | 0;
      case 0x8c: // SHORT_BINUNICODE
        return this.text(this.unsigned(1));
      case 0x58: // BINUNICODE
        return this.text(this.unsigned(4));
      case 0x43: // SHORT_BINBYTES
        return this.take(this.unsigned(1));
      case 0x42: // BINBYTES
        return this.take(this.unsigned(4));
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return [];
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.popMany(opcode - 0x84);
      case 0x74: // TUPLE
        return this.popToMark();
      case 0x61: // APPEND
        return this.append([this.pop()]);
      case 0x65: // APPENDS
        return this.append(this.popToMark());
      case 0x71: // BINPUT
        return this.remember(this.unsigned(1));
      case 0x72: // LONG_BINPUT
        return this.remember(this.unsigned(4));
      case 0x94: // MEMOIZE
        return this.remember(this.memo.size);
      case 0x68: // BINGET
        return this.recall(this.unsigned(1));
      case 0x6a: // LONG_BINGET
        return this.recall(this.unsigned(4));
      case 0x63: // GLOBAL
        return knownGlobal(`${this.line()}.${this.line()}`);
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        return knownGlobal(`${String(module)}.${String(name)}`);
      }
      case 0x52: {
        // REDUCE
        const [callee, parameters] = this.popMany(2);
        return this.construct(callee!, parameters!);
      }
      case 0x62: {
        // BUILD
        const state = this.pop();
        return restore(this.top(), state);
      }
      default:
        throw unsafe(`it holds something else than arrays (pickle instruction 0x${opcode.toString(16)})`);
    }
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.position) throw damaged('it ends too early');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  private unsigned(size: 1 | 2 | 4): number {
    const start = this.position;
    this.take(size);
    if (size === 1) return this.view.getUint8(start);
    return size === 2 ? this.view.getUint16(start, true) : this.view.getUint32(start, true);
  }

  private text(length: number): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.take(length));
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw damaged('it ends too early');
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw damaged();
    return value;
  }

  private top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  private popMany(count: number): PickleValue[] {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i++) items.unshift(this.pop());
    return items;
  }

  private popToMark(): PickleValue[] {
    const start = this.stack.lastIndexOf(mark);
    if (start < 0) throw damaged();
    return this.stack.splice(start).slice(1) as PickleValue[];
  }

  private append(items: readonly PickleValue[]): undefined {
    const list = this.top();
    if (!Array.isArray(list)) throw damaged();
    for (const item of items) list.push(item);
  }

  private construct(callee: PickleValue, parameters: PickleValue): PickleValue {
    if (callee instanceof PickledGlobal && Array.isArray(parameters)) {
      const [first, second] = parameters;
      if (callee.name === 'multiarray._reconstruct') return new PickledArray();
      if (callee.name === 'numpy.dtype' && typeof first === 'string') return new PickledDtype(first);
      // How Python 3 writes bytes into protocol 2: a text whose characters are the bytes.
      if (callee.name === '_codecs.encode' && typeof first === 'string' && second === 'latin1') {
        this.encoded += first.length;
        if (this.encoded > this.bytes.length) throw unsafe('it makes more bytes than it holds');
        return Uint8Array.from(first, (character) => character.charCodeAt(0));
      }
    }
    throw damaged();
  }

  private remember(index: number): undefined {
    this.memo.set(index, this.top());
  }

  private recall(index: number): PickleValue {
    const value = this.memo.get(index);
    if (value === undefined) throw damaged();
    return value;
  }
}

const globals = new Set(['multiarray._reconstruct', 'numpy.ndarray', 'numpy.dtype', '_codecs.encode']);

function knownGlobal(name: string): PickledGlobal {
  // NumPy 2 moved the module that it names.
  const short = name.replace(/^numpy\._?core\.multiarray\./, 'multiarray.');
  if (!globals.has(short)) throw unsafe(`it refers to "${name}", which is no part of an array`);
  return new PickledGlobal(short);
}

/** Gives an object the state that NumPy wrote for it. */
function restore(object: PickleValue, state: PickleValue): undefined {
  if (object instanceof PickledDtype && Array.isArray(state) && typeof state[1] === 'string') {
    object.byteOrder = state[1];
    return;
  }
  if (object instanceof PickledArray && Array.isArray(state)) {
    const [, shape, dtype, columnMajor, data] = state;
    if (Array.isArray(shape) && dtype instanceof PickledDtype && (Array.isArray(data) || data instanceof Uint8Array)) {
      object.shape = shape.map(Number);
      object.dtype = dtype.byteOrder + dtype.code;
      object.columnMajor = columnMajor === true;
      object.data = data;
      return;
    }
  }
  throw damaged();
}
