import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Geometry, inputPixels, outputPixels, weightCount } from '../../src/engine/wasm/geometry.js';
import { IntegerGradients, planQuantisation } from '../../src/engine/wasm/integer-gradient.js';
import { integersSuffice, sparseGradient } from '../../src/engine/wasm/sparse-gradient.js';
import { tabledGradient } from '../../src/engine/wasm/tabled-gradient.js';
import { nowhere } from '../../src/engine/wasm/units.js';
import { forms, geometry, inParts, integers, KernelBench, plain, reals, spikeCounts } from './kernel-bench.js';
import { geometries, inputGradients, weightGradients } from './kernel-geometries.js';

const f = Math.fround;

/** Smallest power of two by which `bound` fits `bits` bits. */
const stepOf = (bound: number, bits: number): number => 2 ** Math.ceil(Math.log2(bound / (2 ** (bits - 1) - 1)));

/** Gradients dz = a·g + b·z + d of these values, written by the kernel in 16 and 12 bits; `bound` is said to hold. */
function quantised(bench: KernelBench, g: Geometry, images: number, dz: readonly number[], bound: number) {
  const integer = new IntegerGradients(bench.plan, images, true).of(g);
  const channels = (value: number) => bench.floats(new Float32Array(g.outChannels).fill(value));
  const z = bench.preActivations(new Float32Array(dz.length), false);
  const sources = { ...z, g: bench.floats(dz), a: channels(1), b: channels(0), d: channels(0) };
  // The bound of one channel decides.
  const bounds = bench.floats(Array.from({ length: g.outChannels }, (_, c) => (c === g.outChannels - 1 ? bound : 0)));
  const planned = { ...integer, bounds };
  const descriptor = planQuantisation(bench.plan, g, planned, sources);
  const phase = inParts(images, (lo, hi) => [{ kernel: 'quantiseGradient', descriptor, lo, hi }]);
  return { integer: planned, phase };
}

const rounded = (values: readonly number[], step: number) =>
  values.map((value) => {
    const scaled = f(value / step);
    const below = Math.floor(scaled);
    // Ties to even.
    const up = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 !== 0);
    return (below + (up ? 1 : 0)) * step;
  });

describe('gradients in integers', () => {
  /** Weight and input gradients agree with those of the rounded dz, to the last bit as far as floats hold them. */
  function held(g: Geometry, images: number, levels: number, bound: number, seed: number, power = 1): void {
    const bench = new KernelBench();
    // Odd powers of the values keep their sign: the higher, the fewer are near the bound.
    const dz = reals(images * outputPixels(g) * g.outChannels, seed).map((value) => f(value ** power * bound));
    const { integer, phase } = quantised(bench, g, images, dz, bound);
    const inputs = images * inputPixels(g) * g.inChannels;
    const q = integers(weightCount(g), -1, 1, seed + 1);
    const open = integers(inputs, 0, 1, seed + 2);
    const spikes = spikeCounts(inputs, levels, seed + 3);
    const [dx, dw] = [bench.room(inputs), bench.floats(new Float32Array(weightCount(g)))];
    const unused = { dy: nowhere, map: integer.fineMap, dyMap: integer.fineMap };
    const backward = tabledGradient(
      bench.plan,
      g,
      { ...unused, w: bench.floats(q), threshold: bench.floats([1]), dx, open: bench.bytes(open) },
      integer,
    );
    const weights = sparseGradient(
      bench.plan,
      g,
      images,
      3,
      { ...unused, dw, spikes: bench.bytes(spikes) },
      { levels, n: 2 },
      integer,
    );
    bench.run([phase, [...backward.pack, ...weights.lists], [...inParts(images, backward.calls), ...weights.sums]]);
    const fine = inputGradients(g, q, rounded(dz, stepOf(bound, 16)), images);
    const found = bench.readFloats(dx, inputs);
    expect(plain(found)).toEqual(plain(fine.map((value, i) => (open[i] ? f(value) : 0))));
    const coarse = weightGradients(g, spikes, rounded(dz, stepOf(bound, 12)), images).map((sum) => sum / 2);
    const largest = Math.max(...coarse.map(Math.abs), 1e-30);
    const error = bench.readFloats(dw, weightCount(g)).map((value, i) => Math.abs(value - coarse[i]!) / largest);
    // Sums of chunks are added in single precision.
    expect(Math.max(...error)).toBeLessThan(1e-6);
  }

  it('agrees with plain loops over the rounded gradient for any geometry', () => {
    const bounds = fc.constantFrom(1, 32767, 2047, 1e-9, 0.3);
    fc.assert(
      fc.property(
        geometries(),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        bounds,
        fc.nat(),
        // Sums that 16 bits hold: nearly none, of some pixels, nearly all.
        fc.constantFrom(1, 15, 99),
        held,
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it.each([
    ['five taps of 16 channels', { kernel: [5, 5], input: [8, 8, 16], channels: 16 }],
    ['seven taps of 16 channels', { kernel: [7, 7], padding: [3, 3], input: [7, 7, 16], channels: 16 }],
    ['three taps of 32 channels', { kernel: [3, 3], padding: [1, 1], input: [6, 6, 32], channels: 32 }],
    ['blocks of 64 channels', { kernel: [3, 3], padding: [1, 1], input: [5, 5, 16], channels: 192 }],
    ['blocks of 16 channels', { kernel: [2, 3], stride: 2, input: [9, 9, 32], channels: 80 }],
  ] as const)('adds %s', (_, spec) => {
    held(geometry(spec), 9, 4, 1, 3);
  });

  const extremes = [4095, 4096, -4095, -4096, 8191, 8192, -8191, -8192, 32767, -32767];
  it.each(extremes)('adds up input gradients of %d each', (value) => {
    // Eight or four of them are the most, or the least, that 16 bits hold, or one value beyond. Tables pay with 128 channels.
    const g = geometry({ kernel: [1, 1], input: [3, 1, 128], channels: 32 });
    const bench = new KernelBench();
    const { integer, phase } = quantised(bench, g, 20, new Array(20 * 3 * 32).fill(value), 32767);
    const values = 20 * 3 * 128;
    const [dx, open] = [bench.room(values), bench.bytes(new Array(values).fill(1))];
    const weights = { w: bench.floats(new Array(128 * 32).fill(1)), threshold: bench.floats([1]) };
    const buffers = { ...weights, dy: nowhere, map: integer.fineMap, dx, open };
    const { pack, calls } = tabledGradient(bench.plan, g, buffers, integer);
    bench.run([phase, pack, inParts(20, calls)]);
    expect(bench.readFloats(dx, values)).toEqual(new Array(values).fill(32 * value));
  });

  // As many additions as 16 bits hold of the value, and never too few: 16, 32 and then all 576.
  it.each([-2047, 1023, -1024, 1])('holds the largest sums of %d: every value and every spike at the top', (value) => {
    const g = geometry({ kernel: [1, 1], input: [24, 24, 16], channels: 64 });
    const bench = new KernelBench();
    const dz = new Array<number>(outputPixels(g) * g.outChannels).fill(value);
    const { integer, phase } = quantised(bench, g, 1, dz, 2047);
    const dw = bench.floats(new Float32Array(weightCount(g)));
    const buffers = {
      dy: nowhere,
      dyMap: integer.fineMap,
      dw,
      spikes: bench.bytes(new Array(inputPixels(g) * 16).fill(255)),
    };
    const { lists, sums } = sparseGradient(bench.plan, g, 1, 1, buffers, { levels: 255, n: 1 }, integer);
    bench.run([phase, lists, sums]);
    expect(bench.readFloats(dw, weightCount(g))).toEqual(new Array(weightCount(g)).fill(f(576 * 255 * value)));
  });

  it('holds the sums of a chunk whose images and blocks of channels differ', () => {
    const g = geometry({ kernel: [1, 1], input: [6, 6, 16], channels: 128 });
    const bench = new KernelBench();
    // Only the second block of the third image has large values.
    const dz = [1, 0, 2047].flatMap((second) =>
      Array.from({ length: outputPixels(g) * 128 }, (_, i) => (i % 128 < 64 ? 1 : second)),
    );
    const { integer, phase } = quantised(bench, g, 3, dz, 2047);
    const dw = bench.floats(new Float32Array(weightCount(g)));
    const spikes = bench.bytes(new Array(3 * inputPixels(g) * 16).fill(1));
    const { lists, sums } = sparseGradient(
      bench.plan,
      g,
      3,
      1,
      { dy: nowhere, dyMap: integer.fineMap, dw, spikes },
      { levels: 1, n: 1 },
      integer,
    );
    bench.run([phase, lists, sums]);
    expect(bench.readFloats(dw, weightCount(g))).toEqual(
      Array.from({ length: weightCount(g) }, (_, i) => 36 * (i % 128 < 64 ? 3 : 2048)),
    );
  });

  it('leaves layers to floats whose sums could leave 32 bits', () => {
    expect(integersSuffice(geometry({ kernel: [3, 3], input: [5, 5, 16], channels: 4608 }), 4)).toBe(true);
    expect(integersSuffice(geometry({ kernel: [3, 3], input: [5, 5, 16], channels: 8192 }), 4)).toBe(false);
    expect(integersSuffice(geometry({ kernel: [1, 1], input: [64, 64, 16], channels: 16 }), 255)).toBe(true);
    expect(integersSuffice(geometry({ kernel: [1, 1], input: [80, 80, 16], channels: 16 }), 255)).toBe(false);
  });
});

it('quantiseGradient finds the largest 12-bit value of each image and block of channels', () => {
  const g = geometry({ kernel: [1, 1], input: [3, 3, 16], channels: 192 });
  const [images, blocks, values] = [3, 3, 9 * 192];
  const bench = new KernelBench();
  const dz = reals(images * values, 7).map((value, i) => Math.floor(value * (i % 191)));
  const { integer, phase } = quantised(bench, g, images, dz, 2047);
  bench.run([phase]);
  const block = (i: number) => Math.floor(i / values) * blocks + Math.floor((i % 192) / 64);
  const largest = new Array<number>(images * blocks).fill(0);
  for (const [i, value] of dz.entries()) largest[block(i)] = Math.max(largest[block(i)]!, Math.abs(value));
  expect(bench.readHalves(integer.largest, images * blocks)).toEqual(largest);
});

it.each([
  ['a layer without any gradient', 0, 0, 0],
  ['values beyond their bound', 1, 1e-6, 32767],
  ['what has diverged', 1e9, Number.POSITIVE_INFINITY, 32767],
])('quantiseGradient holds %s in 16 bits', (_, value, bound, expected) => {
  const g = geometry({ kernel: [1, 1], input: [2, 2, 16], channels: 16 });
  const bench = new KernelBench();
  const { integer, phase } = quantised(bench, g, 1, new Array(64).fill(value), bound);
  bench.run([phase]);
  const halves = new Int16Array(Uint8Array.from(bench.readBytes(integer.fine, 128)).buffer);
  expect([...halves]).toEqual(new Array(64).fill(expected));
});

it.each(forms)('quantiseGradient rounds a·g + b·z + d, z in %s', (_, integer) => {
  const g = geometry({ kernel: [1, 1], input: [3, 2, 16], channels: 192 });
  const images = 3;
  const bench = new KernelBench();
  const planned = new IntegerGradients(bench.plan, images, true).of(g);
  const count = images * outputPixels(g) * g.outChannels;
  const [dx, z] = [reals(count, 1), integers(count, -900, 900, 2)];
  const [a, b, d] = [3, 4, 5].map((seed) => reals(g.outChannels, seed));
  const sources = { ...bench.preActivations(z, integer), g: bench.floats(dx) };
  const coefficients = { a: bench.floats(a!), b: bench.floats(b!), d: bench.floats(d!) };
  const bounds = bench.floats(new Array(g.outChannels).fill(902));
  const descriptor = planQuantisation(bench.plan, g, { ...planned, bounds }, { ...sources, ...coefficients });
  bench.call('quantiseGradient', descriptor, images);
  const step = stepOf(902, 16);
  const expected = z.map((value, i) => {
    const c = i % g.outChannels;
    return f(f(f(a![c]! * dx[i]!) + f(b![c]! * value)) + d![c]!);
  });
  // No borders at a kernel of one pixel; images lie further apart than their values.
  const own = count / images;
  const apart = planned.fineMap.imageBytes / 2;
  const found = bench
    .readHalves(planned.fine, images * apart)
    .filter((_, i) => i % apart < own)
    .map((value) => value * step);
  expect(plain(found)).toEqual(plain(rounded(expected, step)));
});
