/** A float32 array as it is pickled. */
export interface PicklableArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Instructions, named as in Python's pickletools. */
const op = {
  proto: 0x80,
  global: 0x63,
  mark: 0x28,
  tuple: 0x74,
  emptyList: 0x5d,
  appends: 0x65,
  reduce: 0x52,
  build: 0x62,
  none: 0x4e,
  true: 0x88,
  false: 0x89,
  int: 0x4a,
  text: 0x58,
  bytes: 0x42,
  stop: 0x2e,
} as const;

/** A NumPy array of objects, each a float32 array, as a pickle of protocol 3: what Python 3 reads from `numpy.save`. */
export function writePickle(arrays: readonly PicklableArray[]): Uint8Array {
  const objects = [
    op.emptyList,
    op.mark,
    ...arrays.map((array) => ndarray(array.shape, float32, bytes(array.data))),
    op.appends,
  ];
  return Buffer.concat([encode([op.proto, 3]), ndarray([arrays.length], object, objects), encode([op.stop])]);
}

type Code = number | Uint8Array | readonly Code[];

const encode = (code: Code): Uint8Array =>
  typeof code === 'number'
    ? Uint8Array.of(code)
    : code instanceof Uint8Array
      ? code
      : Buffer.concat(code.map((item) => encode(item)));

const global = (module: string, name: string): Code => [op.global, Buffer.from(`${module}\n${name}\n`, 'latin1')];
const tuple = (...items: readonly Code[]): Code => [op.mark, ...items, op.tuple];

function int(value: number): Code {
  const code = Buffer.alloc(5, op.int);
  code.writeInt32LE(value, 1);
  return code;
}

function sized(instruction: number, content: Uint8Array): Code {
  const head = Buffer.alloc(5, instruction);
  head.writeUInt32LE(content.length, 1);
  return [head, content];
}

const text = (value: string): Code => sized(op.text, Buffer.from(value, 'latin1'));
const bytes = (data: Float32Array): Code =>
  sized(op.bytes, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/** numpy.dtype(code, align False, copy True) and its state: version, byte order, no fields, sizes and flags. */
function dtype(code: string, byteOrder: string, size: number, flags: number): Code {
  const state = [int(3), text(byteOrder), op.none, op.none, op.none, int(size), int(size), int(flags)];
  return [global('numpy', 'dtype'), tuple(text(code), op.false, op.true), op.reduce, tuple(...state), op.build];
}

const float32 = dtype('f4', '<', -1, 0);
const object = dtype('O8', '|', -1, 63);

/** An empty array, and its state: version, shape, type, row order, values. */
function ndarray(shape: readonly number[], type: Code, values: Code): Uint8Array {
  const empty = tuple(global('numpy', 'ndarray'), tuple(int(0)), sized(op.bytes, Buffer.from('b')));
  const state = tuple(int(1), tuple(...shape.map(int)), type, op.false, values);
  // The name that NumPy 1 gave the function; NumPy 2 still knows it.
  return encode([global('numpy.core.multiarray', '_reconstruct'), empty, op.reduce, state, op.build]);
}
