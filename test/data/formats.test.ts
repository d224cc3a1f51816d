import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTest, fillTraining, paperAugmentation } from '../../src/data/augment.js';
import { decodeIdx, encodeIdx } from '../../src/data/formats/idx.js';
import { debianFolder, embeddedFolder } from '../../src/data/locations.js';
import { permutation, philox, purposes, truncatedNormal } from '../../src/data/random.js';
import { decodeNpy, encodeNpy, npyHeader } from '../../src/formats/npy.js';
import { chooseSample } from '../../src/tools/sample.js';

/** Philox4x32-10 as it is defined, on numbers of any size. */
function philoxOfBigInts(key: readonly number[], counter: readonly number[]): number[] {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [key0, key1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const [first, second] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b] = [(second >> 32n) ^ b ^ key0, second & 0xffffffffn];
    [c, d] = [(first >> 32n) ^ d ^ key1, first & 0xffffffffn];
    key0 = (key0 + 0x9e3779b9n) & 0xffffffffn;
    key1 = (key1 + 0xbb67ae85n) & 0xffffffffn;
  }
  return [a, b, c, d].map(Number);
}

describe('random numbers', () => {
  // Known answers of the Random123 library.
  it.each([
    [
      [0, 0],
      [0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('Philox4x32-10 %j', (key, counter, expected) => {
    const out = new Uint32Array(4);
    philox(key as [number, number], counter, out);
    expect([...out]).toEqual(expected);
  });

  it('Philox multiplies all 64 bits', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const out = new Uint32Array(4);
    fc.assert(
      fc.property(fc.tuple(word, word), fc.tuple(word, word, word, word), (key, counter) => {
        philox(key, counter, out);
        expect([...out]).toEqual(philoxOfBigInts(key, counter));
      }),
    );
  });

  it('permutations hold every number once, and differ by seed and stream', () => {
    const of = (seed: number, stream: number) => permutation(1000, { seed, purpose: purposes.shuffle, stream });
    expect([...of(1, 0)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(of(1, 0)).toEqual(of(1, 0));
    expect(of(1, 0)).not.toEqual(of(1, 1));
    expect(of(1, 0)).not.toEqual(of(2, 0));
  });

  it('the truncated normal has the moments of one cut at ±2', () => {
    const values = truncatedNormal(100_000, { seed: 3, purpose: purposes.initialise, stream: 0 });
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 0.7737)).toBeLessThan(0.01);
    expect(values.every((x) => Math.abs(x) <= 2)).toBe(true);
    // Initial weights depend on every bit.
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(
      '9c06dbfcf83fd7e6bab46b2a0133c55b162964ca085cc798107099c99f7aa633',
    );
  });
});

describe('file formats', () => {
  it('npy: any array comes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(
          ...[Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array],
        ),
        (shape, Kind) => {
          const count = shape.reduce((product, size) => product * size, 1);
          const data = new Kind(Array.from({ length: count }, (_, i) => i % 100));
          expect(decodeNpy(encodeNpy({ shape, data }), 'x')).toEqual({ shape, data });
        },
      ),
    );
  });

  it('npy: integers of 64 bits, which NumPy makes where nothing else is said', () => {
    const data = BigInt64Array.of(3n, -(2n ** 62n));
    expect(decodeNpy(encodeNpy({ shape: [2], data }), 'x')).toEqual({ shape: [2], data });
  });

  it.each([
    ['>i2', Int16Array.of(1, -2)],
    ['>u4', Uint32Array.of(1, 4_000_000_000)],
    ['>i8', BigInt64Array.of(1n, -2n)],
    ['>f4', Float32Array.of(0.5, -3)],
    ['>f8', Float64Array.of(0.1, 1e300)],
  ])('npy: %s, whose highest byte comes first', (descr, data) => {
    const bytesEach = data.BYTES_PER_ELEMENT;
    const file = Buffer.from(encodeNpy({ shape: [2], data }));
    file.write(descr, file.indexOf(descr.replace('>', '<')));
    for (let at = file.length - 2 * bytesEach; at < file.length; at += bytesEach)
      file.subarray(at, at + bytesEach).reverse();
    expect(decodeNpy(file, 'x')).toEqual({ shape: [2], data });
  });

  it('npy: half precision whose highest byte comes first', () => {
    const head = npyHeader('>f2', [2]);
    const file = Buffer.concat([head, Buffer.of(0x3c, 0, 0xc0, 0)]);
    expect(decodeNpy(file, 'x').data).toEqual(Float32Array.of(1, -2));
  });

  it('npy: a file as NumPy writes it', () => {
    const header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }".padEnd(117);
    const file = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(`${header}\n`),
      Buffer.from(Int32Array.of(1, -2, 3).buffer),
    ]);
    expect(decodeNpy(file, 'x')).toEqual({ shape: [3], data: Int32Array.of(1, -2, 3) });
  });

  it.each<[string, string, number, string | undefined]>([
    ['the last of two keys', "{'descr': '<f4', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", 1, undefined],
    ["Python 2's long sizes", "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }", 1, undefined],
    [
      'several zeros',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (00,)}",
      1,
      'it holds 2 bytes of data, but its shape [0] needs 0',
    ],
    ['zeros before a size', "{'descr': '|u1', 'fortran_order': False, 'shape': (02,)}", 1, 'its header is damaged'],
    ['brackets and double quotes', '{"descr": ("|u1"), "fortran_order": False, "shape": (2,)}', 3, undefined],
    [
      'an unknown version',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }",
      4,
      'its format has the version 4.0; supported: 1.0 to 3.0',
    ],
    ['a number for a shape', "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}", 1, 'its header is damaged'],
    ['a list for a shape', "{'descr': '|u1', 'fortran_order': False, 'shape': [2]}", 1, 'its header is damaged'],
    ['a key too many', "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': 1}", 1, 'its header is damaged'],
    ['something behind it', "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} x", 1, 'its header is damaged'],
    ['no commas', "{'descr': '|u1' 'fortran_order': False, 'shape': (2,)}", 1, 'its header is damaged'],
    ['a program', "{'descr': '|u1', 'fortran_order': f(), 'shape': (2,)}", 1, 'its header is damaged'],
    [
      'fields',
      "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,)}",
      1,
      'its values are records of several fields',
    ],
    [
      '65 dimensions',
      `{'descr': '|u1', 'fortran_order': False, 'shape': (${'1, '.repeat(65)})}`,
      1,
      'it has 65 dimensions, but NumPy has 64 at most',
    ],
    [
      '60,000 dimensions',
      `{'descr': '|u1', 'fortran_order': True, 'shape': (${'1,'.repeat(60_000)})}`,
      2,
      'its header claims 120052 bytes, more than the 10000 that any array needs',
    ],
    [
      'deep brackets',
      `{'descr': '|u1', 'fortran_order': False, 'shape': ${'('.repeat(4000)}}`,
      1,
      'its header is damaged',
    ],
    [
      'sizes beyond counting',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 9007199254740991)}",
      1,
      'its shape [0, 9007199254740991] is larger than any array',
    ],
  ])('npy: headers with %s', (_, header, version, problem) => {
    const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00\x00\x00', 'latin1').subarray(0, version === 1 ? 10 : 12);
    start[6] = version;
    if (version === 1) start.writeUInt16LE(header.length, 8);
    else start.writeUInt32LE(header.length, 8);
    const read = () => decodeNpy(Buffer.concat([start, Buffer.from(header), Buffer.of(7, 8)]), 'x');
    if (problem === undefined) expect(read()).toEqual({ shape: [2], data: Uint8Array.of(7, 8) });
    else expect(read).toThrow(`x is not a NumPy file that can be read: ${problem}.`);
  });

  it('are not unpacked beyond what they claim, nor where that is far from their size', () => {
    // 100 MB of zeros in 100 kB, which claim to be 6 bytes, then what they are.
    const zeros = Buffer.alloc(100 * 2 ** 20);
    zeros.set([0, 0, 8, 1, 0, 0, 0, 6]);
    expect(() => decodeIdx(gzipSync(zeros), 'images.gz')).toThrow(
      'images.gz unpacks to more than the 14 bytes that it should hold.',
    );
    zeros.writeUInt32BE(zeros.length - 8, 4);
    const honest = gzipSync(zeros);
    expect(() => decodeIdx(honest, 'images.gz')).toThrow(
      `images.gz claims to unpack to ${zeros.length} bytes, from ${honest.length}: no images compress that well.`,
    );
    const npy = gzipSync(encodeNpy({ shape: [zeros.length], data: zeros }));
    expect(() => decodeNpy(npy, 'x.npy.gz')).toThrow('x.npy.gz claims to unpack to');
    const small = { shape: [3], data: Uint8Array.of(1, 2, 3) };
    expect(decodeNpy(gzipSync(encodeNpy(small)), 'x')).toEqual(small);
    expect(() => decodeIdx(Buffer.from([0, 0, 8, 65, ...Buffer.alloc(260)]), 'x')).toThrow('it has 65 dimensions');
  });

  it('damaged files are told apart, and never crash', () => {
    const npy = encodeNpy({ shape: [2, 3], data: new Uint8Array(6) });
    const idx = encodeIdx({ shape: [2, 3], data: new Uint8Array(6) });
    fc.assert(
      fc.property(
        fc.constantFrom<[(bytes: Uint8Array, label: string) => unknown, Uint8Array]>(
          [decodeNpy, npy],
          [decodeIdx, idx],
        ),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        ([decode, good], at, value, cut) => {
          const bytes = Uint8Array.from(good.subarray(0, good.length - (cut % 40)));
          if (bytes.length > 0) bytes[at % bytes.length] = value;
          try {
            decode(bytes, 'x');
          } catch (error) {
            expect((error as { code: string }).code).toMatch(/^E_DATA_/);
          }
        },
      ),
    );
    expect(() => decodeIdx(gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 5, 1])), 'labels.gz')).toThrow(
      'labels.gz is not an IDX file of bytes: it holds 1 values, and its shape [5] needs 5.',
    );
  });

  it('gzip: several archives are one, zeros may follow, and nothing else', () => {
    const parts = [gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 1])), gzipSync(Buffer.of(2))];
    const [sound, padded] = [Buffer.concat(parts), Buffer.concat([...parts, Buffer.alloc(100)])];
    for (const file of [sound, padded]) expect([...decodeIdx(file, 'x').data]).toEqual([1, 2]);
    expect(() => decodeIdx(Buffer.concat([...parts, Buffer.of(0, 1)]), 'labels.gz')).toThrow(
      'labels.gz has data after its end.',
    );
  });
});

describe('augmentation of VGG', () => {
  const shape = [32, 32, 3] as const;
  const image = Uint8Array.from({ length: 3072 }, (_, i) => (i * 37) & 255);
  const recipe = { shape, size: [24, 24], values: 'standardised' } as const;
  const fill = (index: number, epoch: number, seed: number) => {
    const target = new Float32Array(1728);
    fillTraining(image, recipe, paperAugmentation, { index, epoch, seed }, target, 0);
    return target;
  };
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
  };

  it('depends on seed, epoch and index alone, and is standardised', () => {
    expect(fill(5, 2, 1)).toEqual(fill(5, 2, 1));
    for (const other of [fill(6, 2, 1), fill(5, 3, 1), fill(5, 2, 2)]) expect(other).not.toEqual(fill(5, 2, 1));
    const { mean, deviation } = moments(fill(5, 2, 1));
    expect(Math.abs(mean)).toBeLessThan(1e-5);
    expect(deviation).toBeCloseTo(1, 5);
  });

  it('the centre crop begins at row and column 4; a flat image stays finite', () => {
    const target = new Float32Array(1728);
    fillTest(image, recipe, target, 0);
    const first = image[(4 * 32 + 4) * 3]!;
    const second = image[(4 * 32 + 4) * 3 + 1]!;
    expect(Math.sign(target[0]! - target[1]!)).toBe(Math.sign(first - second));
    fillTest(new Uint8Array(3072).fill(9), recipe, target, 0);
    expect(target.every((x) => x === 0)).toBe(true);
  });
});

describe('the embedded sample', () => {
  it('is the one that results were measured with', () => {
    const hash = createHash('sha256');
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'])
      hash.update(decodeIdx(readFileSync(join(embeddedFolder, `${name}-ubyte.gz`)), name).data);
    expect(hash.digest('hex')).toBe('b2ff8d1062a6c2fc7e7522ea03d368eec9e6e849c743caaf6375d9470ecaa337');
  });

  it.skipIf(!existsSync(debianFolder))('is taken from the full set as the script says', () => {
    const read = (folder: string, name: string) =>
      new Uint8Array(decodeIdx(readFileSync(join(folder, `${name}-ubyte.gz`)), name).data);
    const chosen = chooseSample(read(debianFolder, 't10k-labels-idx1'), 100, 1);
    expect(read(embeddedFolder, 't10k-labels-idx1')).toEqual(
      Uint8Array.from(chosen, (i) => read(debianFolder, 't10k-labels-idx1')[i]!),
    );
    const all = read(debianFolder, 't10k-images-idx3');
    const own = read(embeddedFolder, 't10k-images-idx3');
    for (const at of [0, 499, 999])
      expect(own.subarray(at * 784, (at + 1) * 784)).toEqual(all.subarray(chosen[at]! * 784, (chosen[at]! + 1) * 784));
  });
});
