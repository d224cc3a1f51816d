import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planColumns } from '../../src/engine/wasm/column-forward.js';
import { denseForward, realForward } from '../../src/engine/wasm/convolution.js';
import {
  type Geometry,
  inputBorders,
  inputPixels,
  outputPixels,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { planSliced } from '../../src/engine/wasm/sliced-forward.js';
import { needsWideSums, spikeForward } from '../../src/engine/wasm/spike-forward.js';
import { nowhere } from '../../src/engine/wasm/units.js';
import {
  comparesNative,
  geometry,
  inParts,
  integers,
  KernelBench,
  plain,
  reals,
  spikeCounts,
  withZeros,
} from './kernel-bench.js';
import { convolveAll, geometries, imageGeometries, intoMap } from './kernel-geometries.js';

const images = 3;

describe('denseConv', () => {
  function held(
    g: Geometry,
    x: readonly number[],
    w: readonly number[],
    expected = convolveAll(g, images, w, x),
  ): void {
    const bench = new KernelBench();
    const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
    const y = bench.room(images * outputPixels(g) * g.outChannels);
    const buffers = { x: bench.floats(intoMap(g, map, x, images)), map, w: bench.floats(w), y };
    const { pack, calls } = denseForward(bench.plan, g, buffers);
    bench.run([pack, inParts(images, calls)]);
    expect(plain(bench.readFloats(y, images * outputPixels(g) * g.outChannels))).toEqual(expected);
  }

  it('convolves floats, however many are zero', () => {
    fc.assert(
      fc.property(imageGeometries(), fc.constantFrom(0, 5, 9), fc.nat(), (g, zeros, seed) => {
        held(
          g,
          withZeros(images * inputPixels(g) * g.inChannels, zeros, seed),
          integers(weightCount(g), -9, 9, seed + 1),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('passes over no zero where a weight is infinite: their product is no number', () => {
    const g = geometry({ kernel: [3, 3], input: [5, 5, 32], channels: 64 });
    const x = withZeros(images * inputPixels(g) * g.inChannels, 5, 1);
    const w = integers(weightCount(g), -9, 9, 2).with(7, 0);
    // Of the first tap and input channel.
    const expected = convolveAll(g, images, w, x).map((value, i) => {
      if (i % 64 !== 7) return value;
      const [image, pixel] = [Math.floor(i / (9 * 64)), Math.floor(i / 64) % 9];
      return x[(image * 25 + Math.floor(pixel / 3) * 5 + (pixel % 3)) * 32]! * Number.POSITIVE_INFINITY;
    });
    held(g, x, w.with(7, Number.POSITIVE_INFINITY), expected);
  });
});

describe('realConv', () => {
  it('convolves in double precision, bit for bit in the order of the reference', () => {
    fc.assert(
      fc.property(imageGeometries(), fc.nat(), (g, seed) => {
        const bench = new KernelBench();
        const x = reals(images * inputPixels(g) * g.inChannels, seed);
        const w = reals(weightCount(g), seed + 1);
        const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
        const y = bench.doubles(new Float64Array(images * outputPixels(g) * g.outChannels).fill(-7));
        const buffers = { x: bench.floats(intoMap(g, map, x, images)), map, w: bench.floats(w), y };
        const { pack, calls } = realForward(bench.plan, g, buffers);
        bench.run([pack, inParts(images, calls)]);
        expect(plain(bench.readDoubles(y, images * outputPixels(g) * g.outChannels))).toEqual(
          convolveAll(g, images, w, x),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('eventConv', () => {
  /** Thresholds of every kind: among the sums, and such as are always or never reached. */
  const thresholdsOf = (g: Geometry, levels: number, seed: number): Int32Array => {
    const table = Int32Array.from(integers(levels * g.outChannels, -30, 30, seed));
    for (let j = 0; j < levels; j++) table.set([2 ** 31 - 1, -(2 ** 31), 32768, -32768], j * g.outChannels);
    return table;
  };

  /** What else than tables some processors have where there are many spikes. */
  type Instead = 'sliced' | 'columns';

  interface Settings {
    readonly parts?: typeof inParts;
    readonly share?: number;
  }

  /** Runs the planned kernel, in each way there is, compares with the reference, and returns the kernel's name. */
  function held(
    g: Geometry,
    levels: number,
    scale: number | undefined,
    spikes: readonly number[],
    q: number[],
    settings: Settings = {},
  ): string {
    if (scale !== undefined) return heldAs('columns', g, levels, scale, spikes, q, settings);
    heldAs('sliced', g, levels, scale, spikes, q, settings);
    return heldAs('columns', g, levels, scale, spikes, q, settings);
  }

  function heldAs(
    instead: Instead,
    g: Geometry,
    levels: number,
    scale: number | undefined,
    spikes: readonly number[],
    q: number[],
    { parts = inParts, share }: Settings,
  ): string {
    const bench = new KernelBench();
    const images = spikes.length / (inputPixels(g) * g.inChannels);
    const count = images * outputPixels(g) * g.outChannels;
    const wide = needsWideSums(g, levels);
    const y = scale === undefined ? bench.bytes(new Array(count).fill(99)) : bench.room(wide ? count : count / 2);
    const thresholds = thresholdsOf(g, levels, 7);
    // Latent weights on both sides of ±0.25, and at it.
    const w = q.map((sign, i) => sign * 0.25 * (1 + (i % 3)) + (sign === 0 ? ((i % 3) - 1) * 0.2 : 0));
    const buffers = { spikes: bench.bytes(spikes), w: bench.floats(w), threshold: bench.floats([0.25]), y };
    const weights = Float32Array.from(q);
    const ways = { sliced: { sliced: { weights, least: 0.5 } }, columns: { columns: weights } };
    const output = scale === undefined ? { thresholds, images, ...ways[instead] } : { scale };
    const { pack, calls } = spikeForward(bench.plan, g, buffers, levels, output, share);
    bench.run([pack, parts(images, calls)]);
    const sums = convolveAll(g, images, q, spikes);
    if (scale !== undefined && wide)
      expect(plain(bench.readFloats(y, count))).toEqual(plain(sums.map((value) => value * scale)));
    else if (scale !== undefined) expect(bench.readHalves(y, count)).toEqual(plain(sums));
    else
      expect(bench.readBytes(y, count)).toEqual(
        sums.map((sum, i) => {
          let reached = 0;
          for (let j = 0; j < levels; j++) if (sum >= thresholds[j * g.outChannels + (i % g.outChannels)]!) reached++;
          return reached;
        }),
      );
    return calls(0, 1)[0]!.kernel;
  }

  it('convolves spikes of any geometry and number of levels', () => {
    const kernels = new Set<string>();
    const levels = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 17, max: 255 }));
    fc.assert(
      fc.property(geometries(), levels, fc.constantFrom(undefined, 0.25), fc.nat(), (g, most, scale, seed) => {
        const spikes = spikeCounts(images * inputPixels(g) * g.inChannels, most, seed);
        kernels.add(held(g, most, scale, spikes, integers(weightCount(g), -1, 1, seed + 1)));
      }),
      { numRuns: 120, seed: 1 },
    );
    const narrow = ['eventConv16', 'eventConv32', 'eventConv64', 'spikeConv'];
    const wide = ['wideConv_f32', 'wideConv_i32'];
    expect([...kernels].sort()).toEqual([...narrow.flatMap((name) => [`${name}_fire`, `${name}_i16`]), ...wide].sort());
  });

  it.each([
    ['tables', 0],
    ['events', 2],
    ['either, by the number of spikes', 0.3],
  ])('convolves spikes of up to seven levels by %s', (_, share) => {
    const runs = fc.tuple(fc.integer({ min: 1, max: 35 }), fc.integer({ min: 1, max: 7 }), fc.nat());
    fc.assert(
      fc.property(geometries(), runs, fc.constantFrom(undefined, 1), (g, [count, levels, seed], scale) => {
        const spikes = spikeCounts(count * inputPixels(g) * g.inChannels, levels, seed);
        const kernel = held(g, levels, scale, spikes, integers(weightCount(g), -1, 1, seed + 1), { share });
        expect(kernel).toBe(scale === undefined ? 'spikeConv_fire' : 'spikeConv_i16');
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  // Numbers bit by bit are of as many bits as the columns of so many inputs need.
  it.each([32, 128])(
    'convolves by weights of any shares, which two channels have alike, opposite or each for itself, of %i',
    (inputs) => {
      const g = geometry({ kernel: [3, 3], padding: [1, 1], input: [8, 7, inputs], channels: 80 });
      const weight = fc.constantFrom([0, 1], [-1, 1], [-1, 0], [1, 1], [-1, -1]);
      fc.assert(
        fc.property(weight, weight, fc.integer({ min: 1, max: 7 }), fc.nat(), (even, odd, levels, seed) => {
          const own = [even, odd].map(([least, most], i) => integers(weightCount(g), least, most, seed + i));
          const q = own[0]!.map((one, i) => (i % 2 === 0 ? one : own[1]![i]!));
          held(g, levels, undefined, spikeCounts(images * inputPixels(g) * inputs, levels, seed), q, { share: 0 });
        }),
        { numRuns: 12, seed: 1 },
      );
    },
  );

  // Where a processor multiplies matrices, it does for most of these: of 32 images, sixteen and fewer.
  it.each([1, 15, 16, 17, 32, 69])('convolves channels that fill matrices or leave some, of %i images', (count) => {
    const few = fc.integer({ min: 1, max: 3 });
    const shapes = fc
      .record({
        kernel: fc.tuple(few, few),
        stride: fc.integer({ min: 1, max: 2 }),
        padding: fc.tuple(fc.nat(2), fc.nat(2)),
        input: fc.tuple(few, few, fc.constantFrom(16, 48, 64, 128)),
        channels: fc.constantFrom(16, 32, 48, 96),
      })
      .map(geometry)
      .filter(({ outHeight, outWidth }) => outHeight > 0 && outWidth > 0);
    const levels = fc.integer({ min: 1, max: 7 });
    const share = fc.constantFrom(0, 0.3, 2);
    fc.assert(
      fc.property(shapes, levels, fc.constantFrom(undefined, 1), share, fc.nat(), (g, most, scale, pays, seed) => {
        const spikes = spikeCounts(count * inputPixels(g) * g.inChannels, most, seed);
        held(g, most, scale, spikes, integers(weightCount(g), -1, 1, seed + 1), { share: pays });
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  // By tables without weights, which native kernels have no use for: they multiply.
  it.skipIf(comparesNative)('decides sixteen images at a time, and takes tables from the share on', () => {
    const g = geometry({ kernel: [3, 3], padding: [1, 1], input: [3, 3, 16], channels: 32 });
    const bench = new KernelBench();
    const inputs = inputPixels(g) * 16;
    // Of the first images a half of all spikes, of the next ones one less, and too few left over.
    const spikes = bench.bytes([
      ...Array.from({ length: 16 * inputs }, (_, i) => i % 2),
      ...Array.from({ length: 16 * inputs }, (_, i) => (i < 16 * inputs - 1 ? i % 2 : 0)),
      ...new Array(7 * inputs).fill(1),
    ]);
    const y = bench.room((39 * outputPixels(g) * 32) / 2);
    const buffers = { spikes, w: bench.floats(new Array(weightCount(g)).fill(1)), threshold: bench.floats([1]), y };
    const { pack, calls } = spikeForward(bench.plan, g, buffers, 1, { scale: 1 }, 0.5);
    // Without their weights, tables say 0 everywhere.
    const events = pack.filter(([call]) => call!.kernel === 'packEvents');
    bench.run([events, [calls(0, 39)]]);
    const perImage = outputPixels(g) * 32;
    const byTables = Array.from({ length: 39 }, (_, n) =>
      bench.readHalves(y + 2 * n * perImage, perImage).every((sum) => sum === 0),
    );
    expect(byTables).toEqual(Array.from({ length: 39 }, (_, n) => n < 16));
  });

  it('adds up bit by bit in layers of whose places enough are pixels', () => {
    const g = geometry({ kernel: [3, 3], padding: [1, 1], input: [6, 6, 16], channels: 16 });
    const bench = new KernelBench();
    const buffers = { spikes: nowhere, w: nowhere, threshold: nowhere, y: nowhere };
    const weights = new Float32Array(weightCount(g));
    // 36 of 64 places.
    const planned = [0.56, 0.57].map((least) => planSliced(bench.plan, g, buffers, 4, nowhere, { weights, least }));
    expect(planned.map((one) => one !== undefined)).toEqual([true, false]);
  });

  it('adds up by columns where maps are large enough, and 16 bits hold the places of a window', () => {
    const planned = (
      [height, width, channels]: readonly [number, number, number],
      kernel: [number, number] = [3, 3],
    ) => {
      const g = geometry({ kernel, padding: [1, 1], input: [height, width, channels], channels: 16 });
      const bench = new KernelBench();
      const buffers = { spikes: nowhere, w: nowhere, threshold: nowhere, y: nowhere };
      return planColumns(bench.plan, g, buffers, 4, nowhere, new Float32Array(weightCount(g)));
    };
    // Of the 24 places that are taken together, twenty are pixels; of sixteen, twelve, and nine.
    const maps = [
      [4, 5, 16],
      [4, 3, 16],
      [3, 3, 16],
    ] as const;
    expect(maps.map((map) => planned(map) !== undefined)).toEqual([true, false, false]);
    // A window is as wide as half of the map.
    const wide = [853, 855].map((width) => planned([11, width, 16], [10, 2]) !== undefined);
    expect(wide).toEqual([true, false]);
  });

  it('adds up by columns in blocks of channels, of which some columns have more inputs than a byte holds the sums of', () => {
    const weight = fc.constantFrom([0, 1], [-1, 1], [-1, 0], [1, 1], [-1, -1]);
    // Four blocks, two, and one.
    for (const channels of [64, 96, 48])
      fc.assert(
        fc.property(
          weight,
          fc.integer({ min: 1, max: 7 }),
          fc.integer({ min: 1, max: 20 }),
          fc.nat(),
          (range, levels, count, seed) => {
            const g = geometry({ kernel: [4, 5], padding: [2, 2], input: [5, 4, channels], channels: 32 });
            const spikes = spikeCounts(count * inputPixels(g) * channels, levels, seed);
            held(g, levels, undefined, spikes, integers(weightCount(g), range[0], range[1], seed), { share: 0 });
          },
        ),
        { numRuns: 8, seed: 1 },
      );
  });

  it('lists large images a few at a time', () => {
    const g = geometry({ kernel: [2, 2], stride: 3, padding: [0, 0], input: [30, 30, 48], channels: 80 });
    const spikes = spikeCounts(images * inputPixels(g) * g.inChannels, 4, 1);
    const q = integers(weightCount(g), -1, 1, 2);
    // Of three images, the memory for lists holds two.
    for (const scale of [1, undefined])
      held(g, 4, scale, spikes, q, { parts: (count, calls) => [calls(0, count)], share: 2 });
  });

  it.each([
    ['seven levels in tables of bytes', { kernel: [3, 3], padding: [1, 1], input: [4, 4, 64], channels: 64 }, 7],
    ['eight levels, too many for them', { kernel: [3, 3], padding: [1, 1], input: [4, 4, 64], channels: 64 }, 8],
    ['16 levels, all inputs at the top', { kernel: [3, 3], padding: [1, 1], input: [4, 4, 64], channels: 64 }, 16],
    ['columns of all inputs in 12 bits', { kernel: [3, 3], padding: [1, 1], input: [8, 8, 64], channels: 16 }, 7],
    ['in 14 bits', { kernel: [3, 3], padding: [1, 1], input: [8, 8, 128], channels: 16 }, 7],
    ['in 16 bits', { kernel: [5, 5], padding: [2, 2], input: [8, 8, 128], channels: 16 }, 7],
    ['a sum one short of 16 bits', { kernel: [1, 1], input: [2, 2, 2032], channels: 16 }, 16],
    ['a sum of just 16 bits', { kernel: [1, 1], input: [2, 2, 2048], channels: 16 }, 16],
  ] as const)('holds %s', (_, spec, levels) => {
    const g = geometry(spec);
    const full = Array.from({ length: images * inputPixels(g) * g.inChannels }, () => levels);
    for (const sign of [1, -1])
      for (const scale of [1, undefined])
        held(g, levels, scale, full, new Array(weightCount(g)).fill(sign), { share: 0 });
  });
});
