import { describe, expect, it } from 'vitest';
import { pixelOffsets } from '../../src/engine/wasm/geometry.js';
import { gradientMap } from '../../src/engine/wasm/gradient-geometry.js';
import { calls } from '../../src/engine/wasm/program.js';
import { type Address, nowhere } from '../../src/engine/wasm/units.js';
import { method } from '../../src/network/method.mjs';
import { forms, geometry, inParts, integers, KernelBench, plain, reals } from './kernel-bench.js';
import { intoMap, smallMaps } from './kernel-geometries.js';

const { images, height, width, channels, pixels, values } = smallMaps;
const f = Math.fround;

const total = (...values: readonly number[]): number => values.reduce((sum, value) => sum + value);

/** [image][first | second][channel], as the kernels keep their pairs of sums. */
const paired = (first: readonly number[], second: readonly number[]): number[] =>
  Array.from({ length: images }, (_, n) => [
    ...first.slice(n * channels, (n + 1) * channels),
    ...second.slice(n * channels, (n + 1) * channels),
  ]).flat();

/** Sum over the images of one of the pairs, in the order of the images. */
const overImages = (sums: readonly number[], second: 0 | 1, c: number): number =>
  Array.from({ length: images }, (_, n) => sums[(2 * n + second) * channels + c]!).reduce((a, b) => a + b);

describe.each(forms)('sums of every image, z in %s', (_, integer) => {
  /** Of every image and channel what `pick` says of all values. */
  const over = (values: readonly number[], pixels: number, pick: (...values: number[]) => number) =>
    Array.from({ length: images }, (_, n) =>
      Array.from({ length: channels }, (_, c) =>
        pick(...Array.from({ length: pixels }, (_, p) => values[(n * pixels + p) * channels + c]!)),
      ),
    ).flat();

  it.each([1, 5, 33, 70])('channelSums takes Σz, Σz², and largest and least z: %i pixels', (pixels) => {
    const bench = new KernelBench();
    const z = integers(images * pixels * channels, -400, 400, pixels);
    const all = { ...bench.preActivations(z, integer), pixels, channels };
    const room = () => bench.room(images * channels * 2);
    const [sums, same, ranges] = [room(), room(), room()];
    const beside = bench.plan.descriptor('ChannelSums', { ...all, sums, ranges });
    const alone = bench.plan.descriptor('ChannelSums', { ...all, sums: same, ranges: nowhere });
    bench.run([beside, alone].map((descriptor) => inParts(images, calls('channelSums', descriptor))));
    const [most, least] = [Math.max, Math.min].map((pick) => over(z, pixels, pick));
    expect(bench.readFloats(ranges, images * channels * 2)).toEqual(paired(most!, least!));
    const squares = over(z, pixels, (...values) => total(...values.map((value) => value ** 2)));
    const totals = over(z, pixels, total);
    expect(bench.readFloats(sums, images * channels * 2)).toEqual(paired(totals, squares));
    expect(bench.readFloats(same, images * channels * 2)).toEqual(bench.readFloats(sums, images * channels * 2));
  });

  it.each([1, 5, 33, 70])('gradientSums takes Σg, Σg·z, and the largest |g|: %i pixels', (pixels) => {
    const bench = new KernelBench();
    const count = images * pixels * channels;
    const [g, z] = [integers(count, -9, 9, 4), integers(count, -90, 90, 5)];
    const all = { g: bench.floats(g), ...bench.preActivations(z, integer), pixels, channels };
    const room = (rows: number) => bench.room(images * channels * rows);
    const [sums, same, largest] = [room(2), room(2), room(1)];
    const beside = bench.plan.descriptor('GradientSums', { ...all, sums, largest });
    const alone = bench.plan.descriptor('GradientSums', { ...all, sums: same, largest: nowhere });
    bench.run([beside, alone].map((descriptor) => inParts(images, calls('gradientSums', descriptor))));
    expect(bench.readFloats(largest, images * channels)).toEqual(over(g.map(Math.abs), pixels, Math.max));
    const totals = over(g, pixels, total);
    const products = over(
      g.map((value, i) => value * z[i]!),
      pixels,
      total,
    );
    expect(plain(bench.readFloats(sums, images * channels * 2))).toEqual(plain(paired(totals, products)));
    expect(bench.readFloats(same, images * channels * 2)).toEqual(bench.readFloats(sums, images * channels * 2));
  });
});

describe('batch norm', () => {
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
    ) as Record<keyof typeof parameters, Address>;
    const room = () => bench.room(channels);
    const out = { mean: room(), inverseDeviation: room(), scale: room(), shift: room() };
    const common = { sums: bench.floats(sums), unit, images, pixels, channels };
    bench.call('batchNorm', bench.plan.descriptor('BatchNorm', { ...common, ...addresses, ...out }), channels);

    const expected = Array.from({ length: channels }, (_, c) => {
      const mean = (overImages(sums, 0, c) * unit) / count;
      const variance = Math.max((overImages(sums, 1, c) * unit ** 2) / count - mean * mean, 0);
      const inverse = 1 / Math.sqrt(variance + method.batchNormEpsilon);
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
    expect(expected[0]!.inverseDeviation).toBe(f(1 / Math.sqrt(method.batchNormEpsilon)));
  });
});

describe('gradient of batch norm', () => {
  it.each([1, 0.25])('batchNormGradient gives dγ, dβ and dz = a·g + b·z + d; z in units of %d', (unit) => {
    const bench = new KernelBench();
    const count = images * pixels;
    const sums = reals(images * channels * 2, 5);
    const [gamma, mean, inverseDeviation] = [6, 7, 8].map((seed) => reals(channels, seed));
    const room = () => bench.room(channels);
    const out = { gammaGradient: room(), betaGradient: room(), a: room(), b: room(), d: room(), bounds: room() };
    // Of every image and channel the largest |g|, and both ends of z.
    const largest = reals(images * channels, 9).map(Math.abs);
    const zRanges = reals(images * channels * 2, 10);
    for (let n = 0; n < images; n++)
      for (let c = 0; c < channels; c++) {
        const [first, second] = [2 * n * channels + c, (2 * n + 1) * channels + c];
        const ends = [zRanges[first]!, zRanges[second]!];
        [zRanges[first], zRanges[second]] = [Math.max(...ends), Math.min(...ends)];
      }
    const descriptor = bench.plan.descriptor('BatchNormGradient', {
      ...{ sums: bench.floats(sums), unit, images, pixels, channels, ...out },
      ...{ gamma: bench.floats(gamma!), mean: bench.floats(mean!), inverseDeviation: bench.floats(inverseDeviation!) },
      ...{ largest: bench.floats(largest), zRanges: bench.floats(zRanges) },
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
      const ofChannel = (values: readonly number[]) => values.filter((_, i) => i % channels === c);
      const rest = ofChannel(zRanges).map((zi) => Math.abs(at('b') * zi + at('d')));
      const bound = Math.abs(at('a')) * Math.max(...ofChannel(largest)) + Math.max(...rest);
      expect(at('bounds') / bound).toBeGreaterThan(1);
      expect(at('bounds') / bound).toBeLessThan(1.0001);
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

  it.each(forms.flatMap(([name, integer]) => [16, channels].map((block) => [block, name, integer] as const)))(
    'gradientApply writes a·g + b·z + d in blocks of %d channels, and leaves the borders: %s',
    (block, _, integer) => {
      const [g, z] = [integers(values, -4, 4, 1), integers(values, -3, 3, 2)];
      const bench = new KernelBench();
      const [a, b, d] = [5, 6, 7].map((seed) => integers(channels, -3, 3, seed));
      const shape = { inHeight: height, inWidth: width, inChannels: channels };
      const map = gradientMap(geometry({ kernel: [3, 2], input: [height + 2, width + 1, 16], channels }), block);
      const dy = bench.floats(new Float32Array((images * map.imageBytes) / 4));
      const descriptor = bench.plan.descriptor('GradientApply', {
        ...{ g: bench.floats(g), ...bench.preActivations(z, integer) },
        ...{ a: bench.floats(a!), b: bench.floats(b!), d: bench.floats(d!), dy, dyImage: map.imageBytes },
        ...{ blockBytes: map.blockBytes, width: block },
        ...{ dyOffsets: bench.plan.table(pixelOffsets(map, height, width)), pixels, channels },
      });
      bench.call('gradientApply', descriptor, images);
      const dz = z.map((value, i) => {
        const c = i % channels;
        return a![c]! * g[i]! + b![c]! * value + d![c]!;
      });
      const expected = plain([...intoMap(shape, map, dz, images)]);
      expect(plain(bench.readFloats(dy, expected.length))).toEqual(expected);
    },
  );
});
