import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Geometry,
  gradientBorders,
  inputBorders,
  inputPixels,
  outputPixels,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { inputGradient } from '../../src/engine/wasm/input-gradient.js';
import { denseGradient, sparseGradient } from '../../src/engine/wasm/weight-gradient.js';
import { geometry, inParts, integers, KernelBench, layerOf, plain, spikeCounts } from './kernel-bench.js';
import { geometries, imageGeometries, intoMap } from './kernel-geometries.js';
import { correlate } from './reference-trainer.js';

/** Gradients by the reference, summed over images for the weights. */
function reference(g: Geometry, w: readonly number[], x: readonly number[], dy: readonly number[], images: number) {
  const [inputs, outputs] = [inputPixels(g) * g.inChannels, outputPixels(g) * g.outChannels];
  const dw = new Float64Array(weightCount(g));
  const dx = Array.from({ length: images }, (_, n) => {
    const own = new Float64Array(inputs);
    correlate(layerOf(g), w, x.slice(n * inputs, (n + 1) * inputs), dy.slice(n * outputs, (n + 1) * outputs), dw, own);
    return [...own];
  });
  return { dw: plain([...dw]), dx: plain(dx.flat()) };
}

/** The gradient of the output in a map with the borders that the kernels want. */
function outputGradient(bench: KernelBench, g: Geometry, dy: readonly number[], images: number) {
  const dyMap = paddedMap(g.outHeight, g.outWidth, g.outChannels, gradientBorders(g));
  const output = { inHeight: g.outHeight, inWidth: g.outWidth, inChannels: g.outChannels };
  return { dy: bench.floats(intoMap(output, dyMap, dy, images)), dyMap };
}

describe('input gradient', () => {
  const images = 3;

  /** Compares the gradients of all open neurons with the reference; returns the names of the kernels. */
  function held(g: Geometry, normChannels: number, seed: number): string[] {
    const bench = new KernelBench();
    const inputs = images * inputPixels(g) * g.inChannels;
    const w = integers(weightCount(g), -4, 4, seed);
    const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
    const z = integers(inputs, -3, 3, seed + 2);
    const scale = integers(normChannels, -2, 2, seed + 3);
    const shift = integers(normChannels, -2, 2, seed + 4);
    const bound = 3;
    const { dyMap: map, ...gradient } = outputGradient(bench, g, dy, images);
    const dx = bench.room(inputs);
    const open = { z: bench.floats(z), scale: bench.floats(scale), shift: bench.floats(shift), bound, normChannels };
    const planned = inputGradient(bench.plan, g, { ...gradient, map, w: bench.floats(w), dx }, open);
    bench.run([planned.pack, inParts(images, planned.calls)], planned.scratchBytes);
    const isOpen = z.map((value, i) => {
      const y = value * scale[i % normChannels]! + shift[i % normChannels]!;
      return y > 0 && y <= bound;
    });
    const onlyOpen = (values: readonly number[]) => values.map((value, i) => (isOpen[i] ? value : 0));
    const expected = reference(g, w, new Array(inputs).fill(0), dy, images).dx;
    expect(plain(onlyOpen(bench.readFloats(dx, inputs)))).toEqual(onlyOpen(expected));
    return planned.calls(0, 1).map(({ kernel }) => kernel);
  }

  it('agrees with plain loops for any geometry', () => {
    const kernels = new Set<string>();
    fc.assert(
      fc.property(geometries(), fc.nat(), (g, seed) => {
        for (const kernel of held(g, g.inChannels, seed)) kernels.add(kernel);
      }),
      { numRuns: 80, seed: 1 },
    );
    expect([...kernels].sort()).toEqual(['denseConv', 'maskedGradient4']);
  });

  it('takes six channels at a time where there are many', () => {
    const g = geometry({ kernel: [3, 3], padding: [1, 1], input: [4, 3, 80], channels: 32 });
    expect(held(g, 80, 5)).toEqual(['maskedGradient6']);
  });

  it('repeats the channels of batch norm where a kernel covers its whole input', () => {
    const g = geometry({ kernel: [1, 1], input: [1, 1, 9 * 16], channels: 128 });
    expect(held(g, 16, 6)).toEqual(['maskedGradient6']);
  });

  it('leaves large weights to the dense kernel', () => {
    const g = geometry({ kernel: [3, 3], input: [3, 3, 192], channels: 192 });
    expect(held(g, 192, 7)).toEqual(['denseConv']);
  });
});

describe('dense weight gradient', () => {
  it('agrees with plain loops for any geometry, over several chunks of images', () => {
    fc.assert(
      fc.property(imageGeometries(), fc.integer({ min: 1, max: 30 }), fc.nat(), (g, images, seed) => {
        const bench = new KernelBench();
        const x = integers(images * inputPixels(g) * g.inChannels, -4, 4, seed);
        const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
        const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
        const dw = bench.room(weightCount(g));
        const buffers = {
          ...outputGradient(bench, g, dy, images),
          ...{ x: bench.floats(intoMap(g, map, x, images)), map, dw },
        };
        const { lists, sums } = denseGradient(bench.plan, g, images, 3, buffers);
        bench.run([lists, sums]);
        const zero = new Array(weightCount(g)).fill(0);
        expect(plain(bench.readFloats(dw, weightCount(g)))).toEqual(reference(g, zero, x, dy, images).dw);
      }),
      { numRuns: 25 },
    );
  });
});

describe('sparse weight gradient', () => {
  function held(g: Geometry, images: number, levels: number, n: number, seed: number): void {
    const bench = new KernelBench();
    const spikes = spikeCounts(images * inputPixels(g) * g.inChannels, levels, seed);
    const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
    const dw = bench.floats(new Float32Array(weightCount(g)));
    const buffers = { ...outputGradient(bench, g, dy, images), spikes: bench.bytes(spikes), dw };
    const { lists, sums, scratchBytes } = sparseGradient(bench.plan, g, images, 3, buffers, levels, n);
    bench.run([lists, sums], scratchBytes);
    const x = spikes.map((count) => count / n);
    const zero = new Array(weightCount(g)).fill(0);
    expect(plain(bench.readFloats(dw, weightCount(g)))).toEqual(reference(g, zero, x, dy, images).dw);
  }

  it('agrees with plain loops for any geometry, over several chunks of images, the last one partial', () => {
    const levels = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(255));
    fc.assert(
      fc.property(
        geometries(),
        fc.integer({ min: 1, max: 30 }),
        levels,
        fc.constantFrom(1, 2, 4),
        fc.nat(),
        (g, images, most, n, seed) => held(g, images, most, n, seed),
      ),
      { numRuns: 30 },
    );
  });

  it('works in chunks of 576 pixels', () => {
    held(geometry({ kernel: [3, 3], padding: [1, 1], input: [24, 24, 16], channels: 48 }), 2, 2, 2, 1);
    held(geometry({ kernel: [2, 2], stride: 2, input: [9, 9, 16], channels: 16 }), 9, 4, 2, 2);
  });
});
