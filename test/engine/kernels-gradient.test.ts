import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockedMap,
  type Geometry,
  inputBorders,
  inputPixels,
  outputPixels,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { gradientBlock, gradientMap } from '../../src/engine/wasm/gradient-geometry.js';
import {
  type InputGradientBuffers,
  inputGradient,
  type PlannedInputGradient,
} from '../../src/engine/wasm/input-gradient.js';
import { sparseGradient } from '../../src/engine/wasm/sparse-gradient.js';
import { tabledGradient } from '../../src/engine/wasm/tabled-gradient.js';
import { denseGradient } from '../../src/engine/wasm/weight-gradient.js';
import { geometry, inParts, integers, KernelBench, plain, spikeCounts, withZeros } from './kernel-bench.js';
import { geometries, imageGeometries, inputGradients, intoMap, weightGradients } from './kernel-geometries.js';

/** The gradient of the output in a map with the borders that the kernels want, and in blocks of so many channels. */
function outputGradient(bench: KernelBench, g: Geometry, dy: readonly number[], images: number, width = g.outChannels) {
  const dyMap = gradientMap(g, width);
  const output = { inHeight: g.outHeight, inWidth: g.outWidth, inChannels: g.outChannels };
  return { dy: bench.floats(intoMap(output, dyMap, dy, images)), dyMap };
}

/** Input gradients agree with the reference: the gradients of open neurons, and 0 for all others. */
function heldInputGradient(
  g: Geometry,
  images: number,
  openShare: number,
  seed: number,
  planned: (
    bench: KernelBench,
    buffers: InputGradientBuffers & { readonly map: BlockedMap },
  ) => { readonly gradient: PlannedInputGradient; readonly used?: (weight: number) => number },
  width?: number,
): void {
  const bench = new KernelBench();
  const inputs = images * inputPixels(g) * g.inChannels;
  const w = integers(weightCount(g), -4, 4, seed);
  const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
  const open = integers(inputs, 0, 99, seed + 2).map((value) => (value < openShare ? 1 : 0));
  const { dyMap: map, ...output } = outputGradient(bench, g, dy, images, width);
  const dx = bench.room(inputs);
  const buffers = { ...output, map, w: bench.floats(w), dx, open: bench.bytes(open) };
  const { gradient, used = (weight) => weight } = planned(bench, buffers);
  bench.run([gradient.pack, inParts(images, gradient.calls)]);
  const expected = inputGradients(g, w.map(used), dy, images);
  expect(plain(bench.readFloats(dx, inputs))).toEqual(expected.map((value, i) => (open[i] ? value : 0)));
}

const shares = fc.constantFrom(0, 3, 42, 100);

describe('input gradient of open neurons', () => {
  const held = (g: Geometry, images: number, openShare: number, seed: number): void =>
    heldInputGradient(g, images, openShare, seed, ({ plan }, buffers) => ({
      gradient: inputGradient(plan, g, buffers),
    }));

  it('agrees with plain loops for any geometry, share of open neurons and number of images', () => {
    fc.assert(fc.property(geometries(), fc.integer({ min: 1, max: 20 }), shares, fc.nat(), held), {
      numRuns: 60,
      seed: 1,
    });
  });

  it('works in chunks of images, whose windows may be clipped or not', () => {
    held(geometry({ kernel: [3, 3], padding: [1, 1], input: [24, 24, 16], channels: 16 }), 5, 42, 1);
    held(geometry({ kernel: [3, 3], padding: [1, 1], input: [3, 3, 32], channels: 64 }), 35, 42, 2);
    held(geometry({ kernel: [1, 1], input: [1, 1, 9 * 16], channels: 128 }), 40, 42, 3);
  });
});

describe('input gradient from tables', () => {
  const held = (g: Geometry, images: number, openShare: number, seed: number, t: number): void => {
    for (const width of new Set([gradientBlock(g, 'f32'), g.outChannels]))
      heldInputGradient(
        g,
        images,
        openShare,
        seed,
        (bench, buffers) => ({
          gradient: tabledGradient(bench.plan, g, { ...buffers, threshold: bench.floats([t]) }),
          used: (weight) => (weight >= t ? 1 : weight <= -t ? -1 : 0),
        }),
        width,
      );
  };

  it('agrees with plain loops over Q(W) for any geometry, share of open neurons, t and number of images', () => {
    const thresholds = fc.constantFrom(0, 0.5, 1, 2.5, 5);
    fc.assert(fc.property(geometries(), fc.integer({ min: 1, max: 20 }), shares, fc.nat(), thresholds, held), {
      numRuns: 100,
      seed: 1,
    });
  });

  it('takes several blocks of channels, and more images than go side by side', () => {
    held(geometry({ kernel: [3, 3], padding: [1, 1], input: [9, 9, 64], channels: 64 }), 17, 42, 1, 2);
    held(geometry({ kernel: [1, 1], input: [1, 1, 9 * 64], channels: 96 }), 8, 42, 2, 2);
    held(geometry({ kernel: [2, 2], stride: 2, input: [6, 6, 32], channels: 48 }), 9, 42, 3, 2);
  });
});

describe('dense weight gradient', () => {
  function held(
    g: Geometry,
    images: number,
    x: readonly number[],
    dy: readonly number[],
    expected = weightGradients(g, x, dy, images),
  ): void {
    const bench = new KernelBench();
    const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
    const dw = bench.room(weightCount(g));
    const buffers = {
      ...outputGradient(bench, g, dy, images),
      ...{ x: bench.floats(intoMap(g, map, x, images)), map, dw },
    };
    const { lists, sums } = denseGradient(bench.plan, g, images, 3, buffers);
    bench.run([lists, sums]);
    expect(plain(bench.readFloats(dw, weightCount(g)))).toEqual(expected);
  }
  const inputsOf = (g: Geometry, images: number) => images * inputPixels(g) * g.inChannels;
  const gradientsOf = (g: Geometry, images: number, seed: number) =>
    integers(images * outputPixels(g) * g.outChannels, -4, 4, seed);

  it('agrees with plain loops for any geometry and share of zeros, over several chunks of images', () => {
    const image = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(imageGeometries(), image, fc.constantFrom(0, 5, 9), fc.nat(), (g, images, zeros, seed) =>
        held(g, images, withZeros(inputsOf(g, images), zeros, seed), gradientsOf(g, images, seed + 1)),
      ),
      { numRuns: 25 },
    );
  });

  it.each([
    { padding: [1, 1], input: [9, 7, 48], channels: 80 },
    { padding: [0, 3], input: [5, 4, 16], channels: 16 },
    { padding: [0, 0], input: [20, 30, 32], channels: 64 },
  ] as const)('passes over zeros with kernels of 3×3: %o', (spec) => {
    const g = geometry({ kernel: [3, 3], ...spec });
    for (const zeros of [5, 9]) held(g, 13, withZeros(inputsOf(g, 13), zeros, 1), gradientsOf(g, 13, 2));
  });

  it('passes over no zero where a gradient is infinite, or one of the inputs: their product is no number', () => {
    const g = geometry({ kernel: [3, 3], input: [5, 5, 32], channels: 48 });
    const [x, dy] = [withZeros(inputsOf(g, 3), 5, 1).with(40, 0), gradientsOf(g, 3, 2).with(20, 0)];
    const finite = weightGradients(g, x, dy, 3);
    const infinite = Number.POSITIVE_INFINITY;
    const changed = (change: (value: number, ky: number, kx: number, ci: number, co: number) => number) =>
      finite.map((value, i) => {
        const tap = Math.floor(i / (32 * 48));
        return change(value, Math.floor(tap / 3), tap % 3, Math.floor(i / 48) % 32, i % 48);
      });
    // Of the first pixel, which each tap multiplies with the input that it sees.
    const byGradient = changed((value, ky, kx, ci, co) => (co === 20 ? x[(ky * 5 + kx) * 32 + ci]! * infinite : value));
    held(g, 3, x, dy.with(20, infinite), byGradient);
    // Of the second pixel, which only two taps see.
    const byInput = changed((value, ky, kx, ci, co) =>
      ci === 8 && ky === 0 && kx < 2 ? dy[(1 - kx) * 48 + co]! * infinite : value,
    );
    held(g, 3, x.with(40, infinite), dy, byInput);
  });
});

describe('sparse weight gradient', () => {
  function held(
    g: Geometry,
    images: number,
    levels: number,
    n: number,
    seed: number,
    spikes: readonly number[] = spikeCounts(images * inputPixels(g) * g.inChannels, levels, seed),
  ): void {
    const bench = new KernelBench();
    const dy = integers(images * outputPixels(g) * g.outChannels, -4, 4, seed + 1);
    const dw = bench.floats(new Float32Array(weightCount(g)));
    const buffers = {
      ...outputGradient(bench, g, dy, images, gradientBlock(g, 'f32')),
      spikes: bench.bytes(spikes),
      dw,
    };
    const { lists, sums } = sparseGradient(bench.plan, g, images, 3, buffers, { levels, n });
    bench.run([lists, sums]);
    const x = spikes.map((count) => count / n);
    expect(plain(bench.readFloats(dw, weightCount(g)))).toEqual(weightGradients(g, x, dy, images));
  }

  it('has room for lists of all inputs, which are written beyond their ends', () => {
    // As many as make what is written there differ from what guard zones hold.
    held(geometry({ kernel: [1, 1], input: [35, 1, 16], channels: 16 }), 1, 1, 1, 1, new Array(560).fill(1));
  });

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
