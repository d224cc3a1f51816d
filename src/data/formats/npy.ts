import { StageError } from '../../stage/definition.js';

const kinds = { '|u1': Uint8Array, '<i4': Int32Array, '<f4': Float32Array, '<f8': Float64Array } as const;
type Kind = keyof typeof kinds;
export type NpyData = Uint8Array | Int32Array | Float32Array | Float64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');

/** A NumPy file (format 1.0, little-endian, C order). */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  const kind = (Object.keys(kinds) as Kind[]).find((name) => data instanceof kinds[name])!;
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  // The header ends in a line feed, and the data start at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  magic.copy(head);
  head.set([1, 0], 6);
  head.writeUInt16LE(length, 8);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1'), bytes]);
}

/**
 * Reads a NumPy file of bytes, 32-bit integers, floats or doubles in C order.
 * @param label how messages call the file
 * @throws {StageError} E_DATA_NPY
 */
export function decodeNpy(bytes: Uint8Array, label: string): NpyArray {
  const fail = (problem: string): never => {
    throw new StageError(
      'E_DATA_NPY',
      `${label} is not a NumPy file that can be read: ${problem}.`,
      'Write it with numpy.save, as a C-ordered array of uint8, int32, float32 or float64.',
    );
  };
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
  if (order === 'True') fail('its array is in Fortran order');
  const Kind = kinds[descr as Kind];
  if (Kind === undefined) return fail(`its values are of the type ${descr}`);
  const shape = dimensions
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const from = start + length;
  if (file.length - from !== count * Kind.BYTES_PER_ELEMENT)
    fail(
      `it holds ${file.length - from} bytes of data, and its shape [${shape.join(', ')}] needs ${count * Kind.BYTES_PER_ELEMENT}`,
    );
  // A copy: the data of wider types must begin at a multiple of their size.
  const data = new Kind(new Uint8Array(file.subarray(from)).buffer);
  return { shape, data };
}
