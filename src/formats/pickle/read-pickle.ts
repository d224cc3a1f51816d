import {
  asText,
  byteOf,
  damaged,
  fromBuffer,
  knownGlobal,
  PickledArray,
  PickledDtype,
  PickledGlobal,
  PickledTuple,
  type PickleValue,
  restore,
  unsafe,
} from './pickled.js';

/** Where the next marked item begins on the stack. */
const mark = Symbol('mark');
type Stack = (PickleValue | typeof mark)[];

/**
 * Reads a pickle of protocol 2 to 5 that holds nothing but dictionaries, lists, tuples, scalars and NumPy arrays, as
 * `numpy.save` writes a list of arrays, and as the Python version of CIFAR is. Texts of Python 2 are bytes. Pickles are programs: this runs none. It knows the few names that arrays are
 * made of and refuses every other.
 * @throws {ImportProblem} such as `it refers to "os.system", which is not part of an array`
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new Unpickler(bytes).run();
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

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
        if (this.unsigned(1) > 5) throw damaged('it is a pickle of a protocol newer than 5');
        return undefined;
      case 0x95: // FRAME
        return this.frame();
      case 0x28: // MARK
        return mark;
      case 0x73: // SETITEM
        return this.fill(this.popMany(2));
      case 0x75: // SETITEMS
        return this.fill(this.popToMark());
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
      case 0x62: // BUILD
        return this.build(this.pop());
      default:
        return this.value(opcode);
    }
  }

  /** An instruction that pushes a value: one that stands in the pickle, or is made of what is on the stack. */
  private value(opcode: number): PickleValue {
    switch (opcode) {
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
      case 0x55: // SHORT_BINSTRING
        return this.take(this.unsigned(1));
      case 0x42: // BINBYTES
      case 0x54: // BINSTRING
        return this.take(this.unsigned(4));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.take(this.unsigned(8));
      case 0x68: // BINGET
        return this.recall(this.unsigned(1));
      case 0x6a: // LONG_BINGET
        return this.recall(this.unsigned(4));
      default:
        return this.composed(opcode);
    }
  }

  /** An instruction that pushes a container, or what a call makes. */
  private composed(opcode: number): PickleValue {
    switch (opcode) {
      case 0x5d: // EMPTY_LIST
        return [];
      case 0x7d: // EMPTY_DICT
        return new Map();
      case 0x29: // EMPTY_TUPLE
        return new PickledTuple([]);
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return new PickledTuple(this.popMany(opcode - 0x84));
      case 0x74: // TUPLE
        return new PickledTuple(this.popToMark());
      case 0x63: // GLOBAL
        return knownGlobal(`${this.line()}.${this.line()}`);
      case 0x93: // STACK_GLOBAL
        return this.global(this.popMany(2));
      case 0x52: // REDUCE
        return this.construct(this.popMany(2));
      default:
        throw unsafe(`it holds something other than arrays (pickle instruction 0x${opcode.toString(16)})`);
    }
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.position) throw damaged('it ends too early');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  private unsigned(size: 1 | 2 | 4 | 8): number {
    const start = this.position;
    this.take(size);
    if (size === 1) return this.view.getUint8(start);
    if (size === 2) return this.view.getUint16(start, true);
    return size === 4 ? this.view.getUint32(start, true) : Number(this.view.getBigUint64(start, true));
  }

  /** A frame only says how much may be read at once, but it has to be there. */
  private frame(): undefined {
    if (this.unsigned(8) > this.bytes.length - this.position) throw damaged('it ends too early');
  }

  private text(length: number): string {
    try {
      return utf8.decode(this.take(length));
    } catch (error) {
      throw error instanceof TypeError ? damaged('it holds a text that is not UTF-8') : error;
    }
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

  /** Keys and values in turn. */
  private fill(items: readonly PickleValue[]): undefined {
    const dictionary = this.top();
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) throw damaged();
    for (let i = 0; i < items.length; i += 2) {
      const key = asText(items[i]);
      if (key === undefined) throw unsafe('it holds a key that is not text');
      dictionary.set(key, items[i + 1]!);
    }
  }

  private append(items: readonly PickleValue[]): undefined {
    const list = this.top();
    if (!Array.isArray(list)) throw damaged();
    for (const item of items) list.push(item);
  }

  private global([module, name]: readonly PickleValue[]): PickleValue {
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged();
    return knownGlobal(`${module}.${name}`);
  }

  private build(state: PickleValue): undefined {
    return restore(this.top(), state);
  }

  private construct([callee, parameters]: readonly PickleValue[]): PickleValue {
    if (callee instanceof PickledGlobal && parameters instanceof PickledTuple) {
      const [first, second] = parameters.items;
      if (callee.name === 'multiarray._reconstruct' && first instanceof PickledGlobal && first.name === 'numpy.ndarray')
        return new PickledArray();
      if (callee.name === 'numeric._frombuffer') return fromBuffer(parameters.items);
      const code = asText(first);
      if (callee.name === 'numpy.dtype' && code !== undefined) return new PickledDtype(code);
      // How Python 3 writes bytes into protocol 2: a text whose characters are the bytes.
      if (callee.name === '_codecs.encode' && typeof first === 'string' && second === 'latin1') {
        this.encoded += first.length;
        if (this.encoded > this.bytes.length) throw unsafe('it unpacks to more bytes than it holds');
        return Uint8Array.from(first, byteOf);
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
