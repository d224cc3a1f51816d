import { describe, expect, it } from 'vitest';
import { pixelOffsets } from '../../src/engine/wasm/geometry.js';
import { nowhere } from '../../src/engine/wasm/units.js';
import { method } from '../../src/network/method.mjs';
import { quantisedLevel } from '../../src/network/quantise.js';
import { inParts, integers, KernelBench, plain, reals } from './kernel-bench.js';
import { smallMaps } from './kernel-geometries.js';

const { images, height, width, channels, pixels, values, map, mapValues, inMap } = smallMaps;
const f = Math.fround;

describe('activate', () => {
  const z = reals(values, 1).map((x) => f(3 * x));
  const [scale, shift] = [2, 3].map((seed) => reals(channels, seed));
  const y = z.map((value, i) => f(f(value * scale![i % channels]!) + shift![i % channels]!));

  function activated(n: number, levels: number, bound: number) {
    const bench = new KernelBench();
    const spikes = levels > 0 ? bench.bytes(new Array(values).fill(99)) : nowhere;
    const open = bench.bytes(new Array(values).fill(99));
    const x = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('Activate', {
      ...{ bound, open, z: bench.floats(z), scale: bench.floats(scale!), shift: bench.floats(shift!), spikes, x },
      ...{ xImage: map.imageBytes, xOffsets: bench.plan.table(pixelOffsets(map, height, width)) },
      ...{ pixels, channels, n, levels },
    });
    bench.call('activate', descriptor, images);
    return {
      open: bench.readBytes(open, values),
      spikes: spikes ? bench.readBytes(spikes, values) : [],
      x: plain(bench.readFloats(x, mapValues)),
    };
  }

  it.each([
    [1, 1],
    [2, 4],
    [4, 16],
    [1, 255],
  ])('n = %i, L = %i: spikes are clip(⌊n·y + ½⌋, 0, L), and floats spikes / n', (n, levels) => {
    const expected = y.map((value) => Math.max(0, Math.min(levels, Math.floor(f(f(n * value) + 0.5)))));
    const bound = levels / n;
    expect(activated(n, levels, bound)).toEqual({
      open: y.map((value) => (value > 0 && value <= bound ? 1 : 0)),
      spikes: expected,
      x: inMap(expected.map((count) => count / n)),
    });
  });

  it('is ReLU without levels', () => {
    expect(activated(1, 0, Number.POSITIVE_INFINITY)).toEqual({
      open: y.map((value) => (value > 0 ? 1 : 0)),
      spikes: [],
      x: inMap(y.map((value) => Math.max(0, value))),
    });
  });
});

describe('activation of integers', () => {
  /** Spikes and open neurons by way of thresholds, and as the formula has them. */
  function held(n: number, levels: number, z: readonly number[], scale: readonly number[], shift: readonly number[]) {
    const bench = new KernelBench();
    const count = z.length;
    const bound = levels / n;
    const spikes = bench.bytes(new Array(count).fill(99));
    const open = bench.bytes(new Array(count).fill(99));
    const thresholds = bench.halves(new Array((levels + 3) * channels).fill(-7));
    const affine = { scale: bench.floats(scale), shift: bench.floats(shift) };
    const table = bench.plan.descriptor('LevelThresholds', { ...affine, thresholds, channels, n, levels, bound });
    const shape = { pixels: count / images / channels, channels };
    const activate = bench.plan.descriptor('ActivateIntegers', {
      ...{ z: bench.halves(z), thresholds, open, spikes, levels, ...shape },
    });
    bench.run([
      inParts(channels, (lo, hi) => [{ kernel: 'levelThresholds', descriptor: table, lo, hi }]),
      inParts(images, (lo, hi) => [{ kernel: 'activateIntegers', descriptor: activate, lo, hi }]),
    ]);
    const y = z.map((value, i) => f(f(value * scale[i % channels]!) + shift[i % channels]!));
    const level = (value: number) => Math.floor(f(f(n * value) + 0.5));
    expect(bench.readBytes(spikes, count)).toEqual(
      y.map((value) => (Number.isNaN(value) ? 0 : Math.max(0, Math.min(levels, level(value))))),
    );
    expect(bench.readBytes(open, count)).toEqual(y.map((value) => (value > 0 && value <= bound ? 1 : 0)));
  }

  it.each([
    [1, 1],
    [2, 4],
    [4, 16],
    [1, 16],
  ])('gives the spikes and open neurons of floats, n = %i, L = %i', (n, levels) => {
    for (const [seed, slope] of [0.01, 1, 1e-4, 1e-6].entries()) {
      const scale = reals(channels, seed).map((x) => f(slope * x));
      // Sums of a few thousand, around which a scale of 0.01 makes every level.
      const z = integers(images * pixels * channels, -Math.min(32766, 3 / slope), Math.min(32766, 3 / slope), seed);
      held(n, levels, z, scale, reals(channels, seed + 9));
      // An odd number of pixels.
      held(n, levels, z.slice(0, images * 5 * channels), scale, reals(channels, seed + 9));
    }
  });

  it('holds the largest sums, results exactly at a level, and numbers that are none', () => {
    const z = Array.from({ length: images * 5 * channels }, (_, i) => [32766, -32766, 0, 1, -1, 5][i % 7] ?? 4);
    const scale = Array.from({ length: channels }, (_, c) => [0.25, -0.25, 0, 1e9, -1e9, Number.NaN, 1e-40][c % 7]!);
    const shift = Array.from({ length: channels }, (_, c) => [0, 0.5, 1.25, -0.25, Number.POSITIVE_INFINITY][c % 5]!);
    held(2, 4, z, scale.map(f), shift);
  });

  it('spikesToMap writes spikes / n into the map, and leaves the borders', () => {
    const bench = new KernelBench();
    const spikes = integers(values, 0, 255, 1);
    const x = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('SpikesToMap', {
      ...{ spikes: bench.bytes(spikes), x, xImage: map.imageBytes, pixels, channels, scale: 0.25 },
      xOffsets: bench.plan.table(pixelOffsets(map, height, width)),
    });
    bench.call('spikesToMap', descriptor, images);
    expect(plain(bench.readFloats(x, mapValues))).toEqual(inMap(spikes.map((count) => count / 4)));
  });
});

describe('activateReal', () => {
  const norms = {
    gamma: reals(channels, 1),
    beta: reals(channels, 2),
    mean: reals(channels, 3),
    variance: reals(channels, 4).map((x) => f(1.1 + x)),
  };
  const z = reals(values, 5).map((x) => f(4 * x));

  it.each([
    ['double', true, 1, 1],
    ['double', true, 2, 4],
    ['single', false, 2, 8],
    ['single', false, 1, 255],
  ])('%s z: the same levels as the formula of the network, n = %s·%i, L = %i', (_, doubles, n, levels) => {
    const bench = new KernelBench();
    const spikes = bench.bytes(new Array(values).fill(99));
    const x = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('ActivateReal', {
      ...{ z: doubles ? bench.doubles(z) : bench.floats(z), doubles, spikes, x, xImage: map.imageBytes },
      ...{ gamma: bench.doubles(norms.gamma), beta: bench.doubles(norms.beta), mean: bench.doubles(norms.mean) },
      deviation: bench.doubles(norms.variance.map((variance) => Math.sqrt(variance + method.batchNormEpsilon))),
      ...{ xOffsets: bench.plan.table(pixelOffsets(map, height, width)), pixels, channels, n, levels },
    });
    bench.call('activateReal', descriptor, images);
    const expected = z.map((value, i) => {
      const c = i % channels;
      const norm = { gamma: norms.gamma[c]!, beta: norms.beta[c]!, mean: norms.mean[c]!, variance: norms.variance[c]! };
      return plain([quantisedLevel(value, norm, n, levels)])[0]!;
    });
    expect(bench.readBytes(spikes, values)).toEqual(expected);
    expect(plain(bench.readFloats(x, mapValues))).toEqual(inMap(expected.map((level) => f(level / n))));
  });
});
