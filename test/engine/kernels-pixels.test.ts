import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Geometry,
  inputBorders,
  inputPixels,
  outputPixels,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { gradientMap } from '../../src/engine/wasm/gradient-geometry.js';
import { pixelBorders, pixelGradient } from '../../src/engine/wasm/pixel-gradient.js';
import { denseGradient } from '../../src/engine/wasm/weight-gradient.js';
import { geometry, inParts, integers, KernelBench, plain, reals } from './kernel-bench.js';
import { intoMap, weightGradients } from './kernel-geometries.js';

/** The weight gradient by pixels that are not zero, and by all. */
function both(g: Geometry, images: number, x: readonly number[], dy: readonly number[]) {
  const bench = new KernelBench();
  const map = paddedMap(g.inHeight, g.inWidth, 1, inputBorders(g));
  const dyMap = gradientMap(g, g.outChannels, 4, pixelBorders(g));
  const padded = intoMap({ inHeight: g.outHeight, inWidth: g.outWidth, inChannels: g.outChannels }, dyMap, dy, images);
  const buffers = { x: bench.floats(intoMap(g, map, x, images)), map, dy: bench.floats(padded), dyMap };
  const results = [pixelGradient, denseGradient].map((planned) => {
    const dw = bench.floats(new Float32Array(weightCount(g)));
    return { dw, ...planned(bench.plan, g, images, 3, { ...buffers, dw }) };
  });
  const first = results.flatMap(({ images: byImages }) => (byImages ? inParts(images, byImages) : []));
  bench.run([first, results.flatMap(({ sums }) => sums)]);
  const [pixels, dense] = results.map(({ dw }) => bench.readFloats(dw, weightCount(g)));
  return { pixels: pixels!, dense: dense! };
}

const geometries = fc
  .record({
    kernel: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
    padding: fc.tuple(fc.nat(3), fc.nat(3)),
    input: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constant(1)),
    channels: fc.constantFrom(16, 32, 48),
  })
  .map(geometry)
  .filter(({ outHeight, outWidth }) => outHeight > 0 && outWidth > 0);

it('the weight gradient by pixels agrees with plain loops for any geometry', () => {
  fc.assert(
    fc.property(geometries, fc.integer({ min: 1, max: 5 }), fc.nat(), (g, images, seed) => {
      const x = integers(images * inputPixels(g), -1, 1, seed);
      const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
      expect(plain(both(g, images, x, dy).pixels)).toEqual(weightGradients(g, x, dy, images));
    }),
    { numRuns: 60 },
  );
});

it('has the bits of the dense kernel, with and without black', () => {
  const g = geometry({ kernel: [5, 5], padding: [2, 2], input: [28, 28, 1], channels: 16 });
  const dy = reals(3 * 784 * 16, 1);
  const grey = reals(3 * 784, 2);
  // The second image is black.
  const images = grey.map((value, i) => (Math.floor(i / 784) === 1 ? 0 : Math.max(0, value)));
  for (const x of [grey, images]) {
    const { pixels, dense } = both(g, 3, x, dy);
    expect(pixels).toEqual(dense);
  }
});
