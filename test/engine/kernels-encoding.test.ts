import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodingForward, quantiseWeights } from '../../src/engine/wasm/encoding.js';
import {
  type Geometry,
  inputBorders,
  inputPixels,
  outputPixels,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { planImages } from '../../src/engine/wasm/layer-plan.js';
import { geometry, inParts, KernelBench, plain, reals } from './kernel-bench.js';
import { convolveAll, imageGeometries, intoMap } from './kernel-geometries.js';

const images = 3;

/** The next numbers of double precision above and below. */
const above = (value: number) => value + Math.abs(value) * 2 ** -52;
const below = (value: number) => value - Math.abs(value) * 2 ** -52;

/** [level][channel] thresholds on, just above and just below membranes that occur, and some that are always or never reached. */
function sharpThresholds(membranes: readonly number[], channels: number, levels: number, seed: number): Float64Array {
  const table = new Float64Array(levels * channels);
  for (let i = 0; i < table.length; i++) {
    const channel = i % channels;
    const at = (seed + 7 * i) % (membranes.length / channels);
    const membrane = membranes[at * channels + channel]!;
    // Infinite membranes have no neighbours.
    table[i] = [membrane, above(membrane), below(membrane), membrane + 0.25][(seed + i) % 4]! || 0;
  }
  for (let level = 0; level < levels; level++)
    table.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], level * channels);
  return table;
}

function spikesOf(g: Geometry, x: readonly number[], w: readonly number[], levels: number, thresholds: Float64Array) {
  const bench = new KernelBench();
  const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
  const neurons = images * outputPixels(g) * g.outChannels;
  const spikes = bench.bytes(new Array(neurons).fill(99));
  const buffers = { x: bench.floats(intoMap(g, map, x, images)), map, spikes };
  const planned = encodingForward(bench.plan, g, buffers, Float32Array.from(w), { thresholds, levels });
  bench.run([planned.pack, inParts(images, planned.calls)]);
  return bench.readBytes(spikes, neurons);
}

const reached = (membranes: readonly number[], thresholds: Float64Array, channels: number) =>
  membranes.map((membrane, i) => {
    let spikes = 0;
    for (let at = i % channels; at < thresholds.length; at += channels) if (membrane >= thresholds[at]!) spikes++;
    return spikes;
  });

describe('encodingForward', () => {
  it('counts the thresholds that membranes in double precision reach, however near they are', () => {
    fc.assert(
      fc.property(imageGeometries(), fc.constantFrom(1, 4, 16), fc.nat(1000), fc.nat(60), (g, levels, seed, scale) => {
        // Pixels of any size, so that errors are of any size.
        const x = reals(images * inputPixels(g) * g.inChannels, seed).map((value) =>
          Math.fround(value * 2 ** (scale - 30)),
        );
        const w = reals(weightCount(g), seed + 1);
        const membranes = convolveAll(g, images, w, x);
        const thresholds = sharpThresholds(membranes, g.outChannels, levels, seed);
        expect(spikesOf(g, x, w, levels, thresholds)).toEqual(reached(membranes, thresholds, g.outChannels));
      }),
      { numRuns: 60 },
    );
  });

  it('sees the largest pixels where they are negative and the last ones', () => {
    const g = geometry({ kernel: [1, 7], stride: 1, padding: [0, 0], input: [1, 7, 1], channels: 16 });
    for (let seed = 0; seed < 200; seed++) {
      const x = reals(images * 7, seed).map((value, i) => (i % 7 > 3 ? -1 - Math.abs(value) : value * 1e-7));
      const x32 = x.map(Math.fround);
      const w = reals(weightCount(g), seed + 1);
      const membranes = convolveAll(g, images, w, x32);
      const thresholds = sharpThresholds(membranes, g.outChannels, 4, seed);
      expect(spikesOf(g, x32, w, 4, thresholds)).toEqual(reached(membranes, thresholds, g.outChannels));
    }
  });

  it('decides in double precision what cannot be scaled in single precision', () => {
    fc.assert(
      fc.property(
        imageGeometries(),
        fc.nat(1000),
        fc.constantFrom(1e-44, 1e-40, 1e30, 3e38, Number.POSITIVE_INFINITY),
        (g, seed, size) => {
          const x = reals(images * inputPixels(g) * g.inChannels, seed).map((value, i) =>
            // Infinite are only some.
            Math.fround(value * (size === Number.POSITIVE_INFINITY && i % 5 > 0 ? 1 : size)),
          );
          const w = reals(weightCount(g), seed + 1);
          const membranes = convolveAll(g, images, w, x);
          const thresholds = sharpThresholds(membranes, g.outChannels, 2, seed);
          expect(spikesOf(g, x, w, 2, thresholds)).toEqual(reached(membranes, thresholds, g.outChannels));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('planImages', () => {
  it.each([
    ['between borders', { top: 1, bottom: 2, left: 3, right: 0 }],
    ['side by side', { top: 0, bottom: 0, left: 0, right: 0 }],
  ])('writes images times a factor %s', (_, borders) => {
    const [height, width, channels] = [3, 5, 3];
    const bench = new KernelBench();
    const map = paddedMap(height, width, channels, borders);
    const pixels = reals(images * height * width * channels, 1).map(Math.fround);
    const x = bench.floats(new Float32Array((images * map.imageBytes) / 4));
    const planned = planImages(bench.plan, { input: [height, width, channels] }, { x, map }, images, 2);
    bench.run([inParts(images, planned.calls)], (buffer) =>
      new Float32Array(buffer, planned.images, pixels.length).set(pixels),
    );
    const g = { inHeight: height, inWidth: width, inChannels: channels };
    const doubled = pixels.map((value) => 2 * value);
    expect(plain(bench.readFloats(x, (images * map.imageBytes) / 4))).toEqual(
      plain([...intoMap(g, map, doubled, images)]),
    );
  });

  it('takes the values of an image that is one pixel to its layer as they lie', () => {
    const bench = new KernelBench();
    const map = paddedMap(1, 1, 12, { top: 0, bottom: 0, left: 0, right: 0 });
    const pixels = reals(images * 12, 2).map(Math.fround);
    const x = bench.floats(new Float32Array(images * 12));
    const planned = planImages(bench.plan, { input: [3, 2, 2] }, { x, map }, images, 1);
    bench.run([inParts(images, planned.calls)], (buffer) =>
      new Float32Array(buffer, planned.images, pixels.length).set(pixels),
    );
    expect(bench.readFloats(x, images * 12)).toEqual(pixels);
  });
});

it('quantiseWeights bounds what sums of integers lose, and they fit 32 bits', () => {
  for (const [products, size] of [
    [1, 1],
    [49, 1e-20],
    [784, 1e20],
  ] as const)
    for (let seed = 0; seed < 100; seed++) {
      const channels = 16;
      const w = Float32Array.from(reals(products * channels, seed).map((value) => value * size));
      const { largest, integers, scales, weightSums, weightErrors } = quantiseWeights(w, channels);
      // As far off as a half, and as large as can be.
      const q = reals(products, seed + 1000).map(
        (value) => Math.sign(value) * Math.min(largest, Math.round(Math.abs(value) * largest)),
      );
      const x = q.map((value, k) => value + (k % 2 ? 0.5 : -0.5));
      for (let c = 0; c < channels; c++) {
        let [integer, real, most] = [0, 0, 0];
        for (let k = 0; k < products; k++) {
          integer += q[k]! * integers[k * channels + c]!;
          real += x[k]! * w[k * channels + c]!;
          most += (largest + 1) * Math.abs(integers[k * channels + c]!);
        }
        expect(most).toBeLessThan(2 ** 31 - 2 ** 16);
        expect(Math.abs(real * scales[c]! - integer)).toBeLessThanOrEqual(0.5 * weightSums[c]! + weightErrors[c]! + 1);
      }
    }
});
