import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/error.js';
import { decodeSafetensors, encodeSafetensors, type Tensor, type TensorFile } from '../../src/formats/safetensors.js';

/** A file of any header and data. */
function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const anyTensor: fc.Arbitrary<Tensor> = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  const size = { minLength: length, maxLength: length };
  return fc
    .oneof(fc.float32Array(size), fc.float64Array(size), fc.int8Array(size), fc.int32Array(size), fc.uint8Array(size))
    .map((data): Tensor => ({ shape, data }));
});

const anyFile: fc.Arbitrary<TensorFile> = fc.record({
  tensors: fc
    .uniqueArray(fc.tuple(fc.string(), anyTensor), { selector: ([name]) => name })
    .map((entries) => new Map(entries.filter(([name]) => name !== '__metadata__'))),
  metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
});

describe('safetensors', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyFile, (content) => {
        expect(decodeSafetensors(encodeSafetensors(content), 'file')).toEqual({
          tensors: content.tensors,
          metadata: content.metadata,
        });
      }),
    );
  });

  it('reads buffers that lie at any place of a larger one', () => {
    const content = { tensors: new Map([['a', { shape: [2], data: Float64Array.of(1, -2) }]]), metadata: {} };
    const bytes = encodeSafetensors(content);
    const pool = Buffer.alloc(bytes.length + 8, 7);
    pool.set(bytes, 3);
    expect(decodeSafetensors(pool.subarray(3, 3 + bytes.length), 'file')).toEqual(content);
  });

  // As the paper's VGG has: where tensors lie is no size of theirs, and may be any number.
  it('reads tensors that lie beyond many millions of bytes', () => {
    const tensors = new Map(['a', 'b'].map((name) => [name, { shape: [40_000_000], data: new Int8Array(40_000_000) }]));
    const { tensors: read } = decodeSafetensors(encodeSafetensors({ tensors, metadata: {} }), 'file');
    expect([...read].map(([name, { data }]) => [name, data.length])).toEqual([
      ['a', 40_000_000],
      ['b', 40_000_000],
    ]);
  });

  it('writes the same bytes whatever the order of entries', () => {
    fc.assert(
      fc.property(anyFile, (content) => {
        const reversed = {
          tensors: new Map([...content.tensors].reverse()),
          metadata: Object.fromEntries(Object.entries(content.metadata).reverse()),
        };
        expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(content));
      }),
    );
  });

  it('writes the layout of the format', () => {
    const tensors = new Map<string, Tensor>([
      ['b', { shape: [3], data: Int8Array.of(1, -1, 0) }],
      ['a', { shape: [1, 1], data: Float32Array.of(1) }],
    ]);
    const bytes = encodeSafetensors({ tensors, metadata: { z: '1', y: '2' } });
    const header =
      '{"__metadata__":{"y":"2","z":"1"},' +
      '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[3],"data_offsets":[4,7]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 128, 63, 1, 255, 0]);
  });

  const f32 = (start: number, end: number, shape = [(end - start) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [start, end],
  });
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'it is shorter than 8 bytes'],
    ['a header beyond the end', file('{}').subarray(0, 9), 'it ends within its header'],
    ['a huge header', Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0), 'its header claims 1099511627776 bytes'],
    ['a header that is no JSON', file('{'), 'its header is not JSON'],
    ['a header that is a list', file([]), 'its header is not a JSON object'],
    ['metadata that are no strings', file({ __metadata__: { a: 1 } }), 'its __metadata__ is not a map of strings'],
    ['a tensor without description', file({ a: 3 }), 'the tensor "a" has no description'],
    [
      'an unknown type',
      file({ a: { ...f32(0, 4), dtype: 'toString' } }, new Uint8Array(4)),
      'the tensor "a" has the type "toString"; supported: F64, F32, I64, I32, I8, U8, F16, BF16',
    ],
    [
      'a negative size',
      file({ a: f32(0, 4, [-1, -1]) }, new Uint8Array(4)),
      'the shape of the tensor "a" is not a list of sizes',
    ],
    [
      'one offset',
      file({ a: { ...f32(0, 4), data_offsets: [0] } }),
      'the offsets of the tensor "a" are not two numbers',
    ],
    [
      'a shape that does not fit',
      file({ a: f32(0, 4, [2]) }, new Uint8Array(4)),
      'the tensor "a" has 4 bytes, but its shape [2] needs 8',
    ],
    [
      'an end beyond the file',
      file({ a: f32(0, 8) }, new Uint8Array(4)),
      'the tensor "a" ends at 8, beyond the 4 bytes of data',
    ],
    [
      'an overlap',
      file({ a: f32(0, 8), b: f32(4, 12) }, new Uint8Array(12)),
      'the tensor "b" starts at 4 and not at 8',
    ],
    ['a gap', file({ a: f32(4, 8) }, new Uint8Array(8)), 'the tensor "a" starts at 4 and not at 0'],
    [
      'a key twice',
      file(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061":${JSON.stringify(f32(0, 4))}}`, new Uint8Array(4)),
      'its header says "a" twice',
    ],
    [
      'a size that is no whole number',
      file('{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', new Uint8Array(4)),
      'its header holds 1.0 where only whole sizes belong',
    ],
    [
      'a size of minus nothing',
      file('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
      'its header holds -0 where only whole sizes belong',
    ],
    ['a name that is no Unicode', file(String.raw`{"\ud800":1}`), 'one of the texts in its header is not Unicode'],
    ['a mark before its header', file('\ufeff{}'), 'its header is not a JSON object'],
    [
      'sizes beyond counting',
      file({ a: { dtype: 'F32', shape: [0, 2 ** 53 - 1], data_offsets: [0, 0] } }),
      'the shape of the tensor "a" is not a list of sizes',
    ],
    ['bytes left over', file({ a: f32(0, 4) }, new Uint8Array(7)), '3 bytes at its end belong to no tensor'],
  ])('refuses %s', (_, bytes, problem) => {
    expect(() => decodeSafetensors(bytes, 'the file')).toThrow(
      new UserError('E_SAFETENSORS', `the file is not a valid safetensors file: ${problem}.`),
    );
  });

  it('gives values or an E_SAFETENSORS for damaged files, never anything else', () => {
    const tensors = new Map<string, Tensor>([
      ['a', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['b', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ]);
    const sound = encodeSafetensors({ tensors, metadata: { a: 'b' } });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (edits) => {
          const bytes = sound.slice();
          for (const [at, value] of edits) bytes[at] = value;
          try {
            decodeSafetensors(bytes, 'file');
          } catch (error) {
            expect(error).toMatchObject({ name: 'UserError', code: 'E_SAFETENSORS' });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
