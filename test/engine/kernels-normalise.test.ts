import { describe, expect, it } from 'vitest';
import { paddedMap, pixelOffsets } from '../../src/engine/wasm/geometry.js';
import { batchNormEpsilon, quantisedLevel } from '../../src/network/quantise.js';
import { integers, KernelBench, plain, reals } from './kernel-bench.js';
import { intoMap } from './kernel-geometries.js';

const [images, height, width, channels] = [3, 3, 2, 48];
const pixels = height * width;
const values = images * pixels * channels;
const f = Math.fround;
/** Borders of unequal widths, so that no offset is right by chance. */
const map = paddedMap(height, width, channels, { top: 1, bottom: 2, left: 1, right: 0 });

const mapValues = (images * map.imageBytes) / 4;
const inMap = (all: readonly number[]) =>
  plain([...intoMap({ inHeight: height, inWidth: width, inChannels: channels }, map, all, images)]);

/** Σ of a value over an image's pixels, for every image and channel. */
function imageSums(value: (i: number) => number): number[] {
  const sums = new Array<number>(images * channels).fill(0);
  for (let i = 0; i < values; i++) {
    const image = Math.floor(i / (pixels * channels));
    sums[image * channels + (i % channels)]! += value(i);
  }
  return sums;
}

/** [image][first | second][channel], as the kernels keep their pairs of sums. */
const paired = (first: readonly number[], second: readonly number[]): number[] =>
  Array.from({ length: images }, (_, n) => [
    ...first.slice(n * channels, (n + 1) * channels),
    ...second.slice(n * channels, (n + 1) * channels),
  ]).flat();

/** Sum over the images of one of the pairs, in the order of the images. */
const overImages = (sums: readonly number[], second: 0 | 1, c: number): number =>
  Array.from({ length: images }, (_, n) => sums[(2 * n + second) * channels + c]!).reduce((a, b) => a + b);

describe('batch norm', () => {
  it('channelSums adds z and z² of every image', () => {
    const bench = new KernelBench();
    const z = integers(values, -9, 9, 1);
    const sums = bench.room(images * channels * 2);
    bench.call(
      'channelSums',
      bench.plan.descriptor('ChannelSums', { z: bench.floats(z), sums, ranges: 0, pixels, channels }),
      3,
    );
    expect(plain(bench.readFloats(sums, images * channels * 2))).toEqual(
      paired(
        imageSums((i) => z[i]!),
        imageSums((i) => z[i]! ** 2),
      ),
    );
  });

  it('batchNorm takes mean, biased variance and running statistics from the sums', () => {
    const bench = new KernelBench();
    const count = images * pixels;
    const sums = paired(
      reals(images * channels, 1),
      reals(images * channels, 2).map((x) => 4 + 2 * x),
    ).map(f);
    // A channel that is constant up to rounding: its variance must not come out negative.
    for (let n = 0; n < images; n++) sums[2 * n * channels] = f(pixels * 0.1);
    for (let n = 0; n < images; n++) sums[(2 * n + 1) * channels] = f(f(pixels * 0.1 * 0.1) * 0.999999);
    const parameters = { gamma: 3, beta: 4, runningMean: 5, runningVariance: 6 } as const;
    const before = Object.fromEntries(Object.entries(parameters).map(([name, seed]) => [name, reals(channels, seed)]));
    const addresses = Object.fromEntries(
      Object.keys(parameters).map((name) => [name, bench.floats(before[name]!)]),
    ) as Record<keyof typeof parameters, number>;
    const out = { mean: 0, inverseDeviation: 0, scale: 0, shift: 0 };
    for (const name of Object.keys(out) as (keyof typeof out)[]) out[name] = bench.room(channels);
    const common = { sums: bench.floats(sums), images, pixels, channels };
    bench.call('batchNorm', bench.plan.descriptor('BatchNorm', { ...common, ...addresses, ...out }), channels);

    const expected = Array.from({ length: channels }, (_, c) => {
      const mean = overImages(sums, 0, c) / count;
      const variance = Math.max(overImages(sums, 1, c) / count - mean * mean, 0);
      const inverse = 1 / Math.sqrt(variance + batchNormEpsilon);
      const scale = before.gamma![c]! * inverse;
      return {
        mean: f(mean),
        inverseDeviation: f(inverse),
        scale: f(scale),
        shift: f(before.beta![c]! - mean * scale),
        runningMean: f(0.9 * before.runningMean![c]! + (1 - 0.9) * mean),
        runningVariance: f(0.9 * before.runningVariance![c]! + (1 - 0.9) * variance),
      };
    });
    const { runningMean, runningVariance } = addresses;
    for (const [name, address] of Object.entries({ ...out, runningMean, runningVariance }))
      expect(bench.readFloats(address, channels), name).toEqual(expected.map((one) => one[name as keyof typeof one]));
    expect(expected[0]!.inverseDeviation).toBe(f(1 / Math.sqrt(batchNormEpsilon)));
  });
});

describe('activate', () => {
  const z = reals(values, 1).map((x) => f(3 * x));
  const [scale, shift] = [2, 3].map((seed) => reals(channels, seed));
  const y = z.map((value, i) => f(f(value * scale![i % channels]!) + shift![i % channels]!));

  function activated(n: number, levels: number, bound: number) {
    const bench = new KernelBench();
    const spikes = levels > 0 ? bench.bytes(new Array(values).fill(99)) : 0;
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

describe('gradient of batch norm', () => {
  const g = integers(values, -4, 4, 1);
  const z = integers(values, -3, 3, 2);
  it('gradientSums adds g and g·z of every image', () => {
    const bench = new KernelBench();
    const sums = bench.room(images * channels * 2);
    const addresses = { g: bench.floats(g), z: bench.floats(z), sums };
    bench.call('gradientSums', bench.plan.descriptor('GradientSums', { ...addresses, ranges: 0, pixels, channels }), 3);
    expect(plain(bench.readFloats(sums, images * channels * 2))).toEqual(
      paired(
        imageSums((i) => g[i]!),
        imageSums((i) => g[i]! * z[i]!),
      ),
    );
  });

  it('batchNormGradient turns the sums into dγ, dβ and the coefficients of dz = a·g + b·z + d', () => {
    const bench = new KernelBench();
    const count = images * pixels;
    const sums = reals(images * channels * 2, 5);
    const [gamma, mean, inverseDeviation] = [6, 7, 8].map((seed) => reals(channels, seed));
    const out = { gammaGradient: 0, betaGradient: 0, a: 0, b: 0, d: 0, bounds: 0 };
    // Ranges of g and z: of every image and channel the least value and the largest.
    const [gRanges, zRanges] = [9, 10].map((seed) => reals(images * channels * 2, seed));
    for (const name of Object.keys(out) as (keyof typeof out)[]) out[name] = bench.room(channels);
    const descriptor = bench.plan.descriptor('BatchNormGradient', {
      ...{ sums: bench.floats(sums), images, pixels, channels, ...out },
      ...{ gamma: bench.floats(gamma!), mean: bench.floats(mean!), inverseDeviation: bench.floats(inverseDeviation!) },
      ...{ gRanges: bench.floats(gRanges!), zRanges: bench.floats(zRanges!) },
    });
    bench.call('batchNormGradient', descriptor, channels);
    for (let c = 0; c < channels; c++) {
      const [sum, products] = [overImages(sums, 0, c), overImages(sums, 1, c)];
      const [centre, inverse] = [mean![c]!, inverseDeviation![c]!];
      // Σ g·ẑ with ẑ = (z − μ)/σ
      const normalised = (products - centre * sum) * inverse;
      const at = (name: keyof typeof out) => bench.readFloats(out[name], channels)[c]!;
      expect([at('gammaGradient'), at('betaGradient'), at('a')]).toEqual(
        [normalised, sum, gamma![c]! * inverse].map(f),
      );
      const ends = (ranges: readonly number[]) =>
        Array.from({ length: 2 * images }, (_, i) => ranges[i * channels + c]!);
      const largest = Math.max(
        ...ends(gRanges!).flatMap((gi) =>
          ends(zRanges!).map((zi) =>
            Math.max(...[gi, -gi].map((x) => Math.abs(at('a') * x) + Math.abs(at('b') * zi + at('d')))),
          ),
        ),
      );
      expect(at('bounds') / largest).toBeGreaterThan(1);
      expect(at('bounds') / largest).toBeLessThan(1.0001);
      // dz = γ/σ·(g − Σg/N − ẑ·Σgẑ/N), here for two pairs of g and z
      for (const [gi, zi] of [
        [0.3, -1.1],
        [-2, 0.7],
      ] as const) {
        const hat = (zi - centre) * inverse;
        const dz = gamma![c]! * inverse * (gi - sum / count - (hat * normalised) / count);
        expect(at('a') * gi + at('b') * zi + at('d')).toBeCloseTo(dz, 5);
      }
    }
  });

  it('gradientApply writes a·g + b·z + d into the map, and leaves the borders', () => {
    const bench = new KernelBench();
    const [a, b, d] = [5, 6, 7].map((seed) => integers(channels, -3, 3, seed));
    const dy = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('GradientApply', {
      ...{ g: bench.floats(g), z: bench.floats(z) },
      ...{ a: bench.floats(a!), b: bench.floats(b!), d: bench.floats(d!), dy, dyImage: map.imageBytes },
      ...{ dyOffsets: bench.plan.table(pixelOffsets(map, height, width)), pixels, channels },
    });
    bench.call('gradientApply', descriptor, images);
    const dz = z.map((value, i) => {
      const c = i % channels;
      return a![c]! * g[i]! + b![c]! * value + d![c]!;
    });
    expect(plain(bench.readFloats(dy, mapValues))).toEqual(inMap(dz));
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
    ['double', 1, 1, 1],
    ['double', 1, 2, 4],
    ['single', 0, 2, 8],
    ['single', 0, 1, 255],
  ])('%s z: the same levels as the formula of the network, n = %i·%i, L = %i', (_, double, n, levels) => {
    const bench = new KernelBench();
    const spikes = bench.bytes(new Array(values).fill(99));
    const x = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('ActivateReal', {
      ...{ z: double ? bench.doubles(z) : bench.floats(z), double, spikes, x, xImage: map.imageBytes },
      ...{ gamma: bench.doubles(norms.gamma), beta: bench.doubles(norms.beta), mean: bench.doubles(norms.mean) },
      deviation: bench.doubles(norms.variance.map((variance) => Math.sqrt(variance + batchNormEpsilon))),
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
