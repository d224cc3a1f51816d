import { describe, expect, it } from 'vitest';
import type { Draw } from '../../src/engine/engine.js';
import {
  type NoisyLayer,
  planDeletion,
  planInsertion,
  planMembranes,
  planNoisyFire,
} from '../../src/engine/wasm/noise.js';
import { synapseTables } from '../../src/engine/wasm/synapses.js';
import { type Address, nowhere } from '../../src/engine/wasm/units.js';
import { layerOperations } from '../spiking/reference-counts.js';
import { inParts, integers, KernelBench, reals, spikeCounts } from './kernel-bench.js';
import { withInserted, withMembraneNoise, withoutDeleted } from './reference-noise.js';

const [images, pixels, channels] = [3, 5, 32];
const neurons = images * pixels * channels;

interface Noise extends Draw {
  readonly probability: number;
  readonly layer?: number;
}

const layerOf = (perImage: number, levels: number, spikes: Address, layer: number): NoisyLayer => ({
  ...{ spikes, levels, layer, channels: 16, realChannels: 16, pixels: perImage / 16 },
});

describe('fire', () => {
  const reached = (membranes: readonly number[], thresholds: readonly number[], levels: number) =>
    membranes.map((m, i) => {
      let spikes = 0;
      for (let j = 0; j < levels; j++) if (m >= thresholds[j * channels + (i % channels)]!) spikes++;
      return spikes;
    });

  it.each([1, 4, 16, 255])('fireInteger counts the thresholds that a membrane reaches, of %i', (levels) => {
    const bench = new KernelBench();
    const membranes = integers(neurons, -40, 40, 1);
    const thresholds = integers(levels * channels, -30, 30, 2);
    // Constant channels: always and never.
    for (let j = 0; j < levels; j++) thresholds[j * channels + 3] = -(2 ** 31);
    for (let j = 0; j < levels; j++) thresholds[j * channels + 4] = 2 ** 31 - 1;
    const spikes = bench.bytes(new Array(neurons).fill(99));
    const addresses = { membranes: bench.words(membranes), thresholds: bench.words(thresholds), spikes };
    bench.call('fireInteger', bench.plan.descriptor('Fire', { ...addresses, pixels, channels, levels }), images);
    expect(bench.readBytes(spikes, neurons)).toEqual(reached(membranes, thresholds, levels));
  });
});

describe('deleteSpikes', () => {
  const imageBytes = pixels * channels;

  /** Spikes [image][neuron] after the noise of layer 1, all neurons in channels that are real. */
  function after(
    planned: typeof planDeletion,
    spikes: readonly number[],
    images: number,
    levels: number,
    { probability, layer = 0, ...draw }: Noise,
  ): number[] {
    const bench = new KernelBench();
    const address = bench.bytes(spikes);
    const noise = planned(bench.plan, layerOf(spikes.length / images, levels, address, layer), probability)!;
    bench.run([inParts(images, noise.calls)], (buffer) => noise.set(buffer, draw));
    return bench.readBytes(address, spikes.length);
  }

  const deleted = (spikes: readonly number[], images: number, levels: number, noise: Noise) =>
    after(planDeletion, spikes, images, levels, noise);

  it.each([1, 4, 15, 16, 255])(
    'deletes the spikes that random words of (seed, image) choose, of up to %i a neuron',
    (levels) => {
      const spikes = spikeCounts(neurons, levels, levels);
      const full = new Array(neurons).fill(levels);
      for (const counts of [spikes, full])
        for (const probability of [1e-6, 0.003, 0.1, 0.5, 0.97, 1]) {
          const [seed, firstImage] = [123456789 * 2 ** 20, 4_000_000_000];
          const expected = Array.from({ length: images }, (_, n) =>
            withoutDeleted(counts.slice(n * imageBytes, (n + 1) * imageBytes), probability, {
              seed,
              image: firstImage + n,
            }),
          ).flat();
          expect(deleted(counts, images, levels, { probability, seed, firstImage })).toEqual(expected);
        }
    },
  );

  it.each([0.003, 0.02, 0.1, 0.5, 1])(
    'deletes from images of thousands of neurons, in whole vectors and what is left, also where upper halves of words decide nothing: %d',
    (probability) => {
      const counts = spikeCounts(8 * 4144, 4, 5);
      const expected = Array.from({ length: 8 }, (_, image) =>
        withoutDeleted(counts.slice(image * 4144, (image + 1) * 4144), probability, { seed: 5, image }),
      ).flat();
      expect(deleted(counts, 8, 4, { probability, seed: 5, firstImage: 0 })).toEqual(expected);
    },
  );

  it.each([0.001, 0.1, 0.6])(
    'deletes from hundreds of images, of none to hundreds of spikes, whatever the one before took: %d',
    (probability) => {
      const [images, each] = [300, 1024];
      // Of 64 neurons as many may send spikes as the image says.
      const awake = (image: number) => (image * 37) % 65;
      const counts = spikeCounts(images * each, 4, 7).map((n, i) => (i % 64 < awake(Math.floor(i / each)) ? n : 0));
      const expected = Array.from({ length: images }, (_, image) =>
        withoutDeleted(counts.slice(image * each, (image + 1) * each), probability, { seed: 9, image }),
      ).flat();
      expect(deleted(counts, images, 4, { probability, seed: 9, firstImage: 0 })).toEqual(expected);
    },
  );

  it('leaves gaps between deleted spikes as long as independent deletion does', () => {
    // One spike a neuron: gap g has a probability of (1 − p)^g·p. Pearson's χ² over gaps of 0 … 15 and all longer ones.
    const probability = 0.2;
    const observed = new Array<number>(17).fill(0);
    const counts = new Array<number>(200_000).fill(1);
    let gap = 0;
    for (const left of deleted(counts, 1, 1, { probability, seed: 3, firstImage: 0 }))
      if (left === 0) {
        observed[Math.min(gap, 16)]!++;
        gap = 0;
      } else gap++;
    const total = observed.reduce((a, b) => a + b, 0);
    const chi2 = observed.reduce((sum, count, g) => {
      const expected = total * (1 - probability) ** g * (g < 16 ? probability : 1);
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    // 16 degrees of freedom: more than 39.3 in one of a thousand.
    expect(chi2).toBeLessThan(39.3);
  });
});

describe('insertion', () => {
  it.each([1, 4, 255])('adds some of the spikes that are missing, of up to %i, and none to padding', (levels) => {
    const realChannels = 19;
    const perImage = pixels * channels;
    const counts = spikeCounts(neurons, levels, 7).map((count, i) => (i % channels < realChannels ? count : 0));
    for (const probability of [0.003, 0.4, 1]) {
      const [seed, firstImage, layer] = [2 ** 40 + 9, 77, 3];
      const bench = new KernelBench();
      const address = bench.bytes(counts);
      const shape = { spikes: address, pixels, channels, realChannels, levels, layer };
      const noise = planInsertion(bench.plan, shape, probability)!;
      bench.run([inParts(images, noise.calls)], (buffer) => noise.set(buffer, { seed, firstImage }));
      const isReal = (_: number, i: number) => i % channels < realChannels;
      const expected = Array.from({ length: images }, (_, n) => {
        const own = counts.slice(n * perImage, (n + 1) * perImage).filter(isReal);
        return withInserted(own, levels, probability, { seed, image: firstImage + n, layer });
      });
      const found = bench.readBytes(address, neurons);
      expect(found.filter(isReal)).toEqual(expected.flat());
      expect(found.some((count, i) => !isReal(count, i) && count > 0)).toBe(false);
    }
  });
});

describe('membrane noise', () => {
  it.each([
    ['i16', 1, 19],
    ['i16', 4, 19],
    ['i16', 4, channels],
    ['i32', 255, 19],
    ['f64', 4, 19],
    ['f64', 2, channels],
  ] as const)('fires by membranes with normal noise: %s, %i levels, %i channels', (type, levels, realChannels) => {
    const real = type === 'f64';
    const membranes = real ? reals(neurons, 1).map((value) => 40 * value) : integers(neurons, -40, 40, 1);
    const thresholds = real ? reals(levels * channels, 2) : integers(levels * channels, -30, 30, 2);
    const never = real ? Number.POSITIVE_INFINITY : 2 ** 31 - 1;
    const always = real ? Number.NEGATIVE_INFINITY : -(2 ** 31);
    for (let j = 0; j < levels; j++)
      for (let c = 0; c < channels; c++)
        if (c === 4 || c >= realChannels) thresholds[j * channels + c] = never;
        else if (c === 3) thresholds[j * channels + c] = always;
    // None, little, much, and nothing but noise.
    for (const deviation of [0, 0.3, 12.5, 1e7]) {
      const bench = new KernelBench();
      const spikes = bench.bytes(new Array(neurons).fill(99));
      const [seed, firstImage, layer] = [2 ** 45 + 3, 5, 2];
      const shape = { spikes, pixels, channels, realChannels, levels, layer };
      const at = planMembranes(bench.plan, type, neurons);
      const table = real ? bench.doubles(thresholds) : bench.words(thresholds);
      const noise = planNoisyFire(bench.plan, shape, { type, at, thresholds: table }, deviation);
      bench.run([inParts(images, noise.calls)], (buffer) => {
        const View = { i16: Int16Array, i32: Int32Array, f64: Float64Array }[type];
        new View(buffer as ArrayBuffer, at, neurons).set(membranes);
        noise.set(buffer, { seed, firstImage });
      });
      const isReal = (_: number, i: number) => i % channels < realChannels;
      const expected = Array.from({ length: images }, (_, n) => {
        const own = membranes.slice(n * pixels * channels, (n + 1) * pixels * channels).filter(isReal);
        const noisy = withMembraneNoise(own, realChannels, deviation, { seed, image: firstImage + n, layer });
        return noisy.map((m, i) => {
          let reached = 0;
          for (let j = 0; j < levels; j++) if (m >= thresholds[j * channels + (i % realChannels)]!) reached++;
          return reached;
        });
      });
      const found = bench.readBytes(spikes, neurons);
      expect(found.filter(isReal)).toEqual(expected.flat());
      expect(found.some((count, i) => !isReal(count, i) && count > 0)).toBe(false);
    }
  });
});

describe('countSpikes', () => {
  it('sums spikes, windows and synapses of every image', () => {
    const layer = {
      ...{ name: 'conv2', kernel: [3, 2] as const, stride: 2, padding: [1, 0] as const },
      ...{ input: [5, 4, 19] as const, output: [3, 2, 7] as const },
      weights: Int8Array.from(integers(3 * 2 * 19 * 7, -1, 1, 1)),
      kind: 'spiking' as const,
      thresholds: new Int32Array(),
    };
    const { windows, synapses, parts } = synapseTables(layer, channels, 255);
    expect(parts).toBe(1);
    const mapPixels = 20;
    const size = mapPixels * channels;
    const spikes = spikeCounts(images * size, 255, 2).map((count, i) => (i % channels < 19 ? count : 0));
    const shape = { pixels: mapPixels, channels };

    const expected = Array.from({ length: images }, (_, n) => {
      const own = spikes.slice(n * size, (n + 1) * size).filter((_, i) => i % channels < 19);
      const { event, effective } = layerOperations(layer, layer.weights, Uint8Array.from(own), 4);
      return { spikes: own.reduce((a, b) => a + b), event, effective };
    });
    // An event adds to all output channels; the kernel counts windows, and the simulator multiplies.
    const tables = { windows: [...windows], synapses: [...synapses], parts };
    expect(counted(shape, spikes, tables)).toEqual(
      expected.flatMap(({ spikes, event, effective }) => [spikes, event / 7, effective]),
    );
    expect(counted(shape, spikes)).toEqual(expected.flatMap(({ spikes }) => [spikes, 0, 0]));
  });

  it.each([
    [3, 16],
    [300, 16],
    [2, 528],
    [1, 2048],
  ])('holds the largest numbers: %i pixels of %i channels', (pixels, channels) => {
    const neurons = pixels * channels;
    const window = Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (Math.max(1, channels / 512) * 32 * 4 * 255)));
    // 30 bits of ones, in two parts.
    const tables = {
      windows: new Array(pixels).fill(window),
      synapses: new Array(2 * neurons).fill(2 ** 15 - 1),
      parts: 2,
    };
    const all = new Array(images * neurons).fill(255);
    const spikes = 255 * neurons;
    const expected = [spikes, spikes * window, spikes * (2 ** 30 - 1)];
    expect(counted({ pixels, channels }, all, tables)).toEqual([...expected, ...expected, ...expected]);
  });
});

it.each([
  [32, 2 ** 20],
  [2 ** 15 - 1, 16],
])('synapseTables takes %i windows of a pixel of %i channels, and refuses one more', (windows, channels) => {
  // With a stride of 0 all windows see the same pixel.
  const layer = { name: 'conv2', kernel: [1, 1], stride: 0, padding: [0, 0], input: [1, 1, 1] } as const;
  const rest = { weights: Int8Array.of(1), kind: 'spiking' as const, thresholds: new Int32Array() };
  const tables = (width: number) => synapseTables({ ...layer, ...rest, output: [1, width, 1] }, channels, 255);
  expect(tables(windows).windows[0]).toBe(windows);
  expect(() => tables(windows + 1)).toThrow('conv2');
});

function counted(
  shape: { readonly pixels: number; readonly channels: number },
  spikes: readonly number[],
  tables?: { readonly windows: readonly number[]; readonly synapses: readonly number[]; readonly parts: number },
): number[] {
  const bench = new KernelBench();
  const counts = bench.doubles(new Array(images * 3).fill(-1));
  const descriptor = bench.plan.descriptor('CountSpikes', {
    ...{ spikes: bench.bytes(spikes), ...shape, counts },
    windows: tables ? bench.halves(tables.windows) : nowhere,
    synapses: tables ? bench.halves(tables.synapses) : nowhere,
    synapseParts: tables?.parts ?? 0,
  });
  bench.call('countSpikes', descriptor, images);
  return bench.readDoubles(counts, images * 3);
}

it('readout sums dense weights over spikes in the order of the inputs', () => {
  const bench = new KernelBench();
  const [inputs, classes] = [50, 16];
  const spikes = spikeCounts(images * inputs, 255, 1);
  const w = reals(inputs * classes, 2);
  const logits = bench.doubles(new Array(images * classes).fill(-1));
  const addresses = { spikes: bench.bytes(spikes), w: bench.doubles(w), logits };
  bench.call('readout', bench.plan.descriptor('Readout', { ...addresses, inputs, channels: classes }), images);
  const expected = Array.from({ length: images * classes }, (_, at) => {
    const image = Math.floor(at / classes);
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += spikes[image * inputs + i]! * w[i * classes + (at % classes)]!;
    return sum;
  });
  expect(bench.readDoubles(logits, images * classes)).toEqual(expected);
});
