import { describe, expect, it } from 'vitest';
import { pixelOffsets } from '../../src/engine/wasm/geometry.js';
import { batchNormEpsilon } from '../../src/network/quantise.js';
import { forms, integers, KernelBench, plain, reals } from './kernel-bench.js';
import { smallMaps } from './kernel-geometries.js';

const { images, height, width, channels, pixels, values, map, mapValues, inMap } = smallMaps;
const f = Math.fround;

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
  it.each(forms)('channelSums adds z and z² of every image: %s', (_, integer) => {
    const bench = new KernelBench();
    const z = integers(values, -9, 9, 1);
    const sums = bench.room(images * channels * 2);
    bench.call(
      'channelSums',
      bench.plan.descriptor('ChannelSums', {
        ...bench.preActivations(z, integer),
        ...{ sums, ranges: 0, pixels, channels },
      }),
      3,
    );
    expect(plain(bench.readFloats(sums, images * channels * 2))).toEqual(
      paired(
        imageSums((i) => z[i]!),
        imageSums((i) => z[i]! ** 2),
      ),
    );
  });

  it.each([1, 0.25])('batchNorm takes statistics from the sums; z in units of %d', (unit) => {
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
    const common = { sums: bench.floats(sums), unit, images, pixels, channels };
    bench.call('batchNorm', bench.plan.descriptor('BatchNorm', { ...common, ...addresses, ...out }), channels);

    const expected = Array.from({ length: channels }, (_, c) => {
      const mean = (overImages(sums, 0, c) * unit) / count;
      const variance = Math.max((overImages(sums, 1, c) * unit ** 2) / count - mean * mean, 0);
      const inverse = 1 / Math.sqrt(variance + batchNormEpsilon);
      const scale = before.gamma![c]! * inverse;
      return {
        mean: f(mean),
        inverseDeviation: f(inverse),
        scale: f(scale * unit),
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

describe('gradient of batch norm', () => {
  const g = integers(values, -4, 4, 1);
  const z = integers(values, -3, 3, 2);
  it.each(forms)('gradientSums adds g and g·z of every image, z in %s', (_, integer) => {
    const bench = new KernelBench();
    const sums = bench.room(images * channels * 2);
    const addresses = { g: bench.floats(g), ...bench.preActivations(z, integer), sums };
    bench.call('gradientSums', bench.plan.descriptor('GradientSums', { ...addresses, ranges: 0, pixels, channels }), 3);
    expect(plain(bench.readFloats(sums, images * channels * 2))).toEqual(
      paired(
        imageSums((i) => g[i]!),
        imageSums((i) => g[i]! * z[i]!),
      ),
    );
  });

  it.each([1, 0.25])('batchNormGradient gives dγ, dβ and dz = a·g + b·z + d; z in units of %d', (unit) => {
    const bench = new KernelBench();
    const count = images * pixels;
    const sums = reals(images * channels * 2, 5);
    const [gamma, mean, inverseDeviation] = [6, 7, 8].map((seed) => reals(channels, seed));
    const out = { gammaGradient: 0, betaGradient: 0, a: 0, b: 0, d: 0, bounds: 0 };
    // Ranges of g and z: of every image and channel the least value and the largest.
    const [gRanges, zRanges] = [9, 10].map((seed) => reals(images * channels * 2, seed));
    for (const name of Object.keys(out) as (keyof typeof out)[]) out[name] = bench.room(channels);
    const descriptor = bench.plan.descriptor('BatchNormGradient', {
      ...{ sums: bench.floats(sums), unit, images, pixels, channels, ...out },
      ...{ gamma: bench.floats(gamma!), mean: bench.floats(mean!), inverseDeviation: bench.floats(inverseDeviation!) },
      ...{ gRanges: bench.floats(gRanges!), zRanges: bench.floats(zRanges!) },
    });
    bench.call('batchNormGradient', descriptor, channels);
    for (let c = 0; c < channels; c++) {
      const [sum, products] = [overImages(sums, 0, c), overImages(sums, 1, c) * unit];
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
        expect(at('a') * gi + (at('b') / unit) * zi + at('d')).toBeCloseTo(dz, 5);
      }
    }
  });

  it.each(forms)('gradientApply writes a·g + b·z + d into the map, and leaves the borders: %s', (_, integer) => {
    const bench = new KernelBench();
    const [a, b, d] = [5, 6, 7].map((seed) => integers(channels, -3, 3, seed));
    const dy = bench.floats(new Float32Array(mapValues));
    const descriptor = bench.plan.descriptor('GradientApply', {
      ...{ g: bench.floats(g), ...bench.preActivations(z, integer) },
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
