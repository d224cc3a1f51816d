import { describe, expect, it } from 'vitest';
import { philox } from '../../src/data/random.js';
import { synapseTables } from '../../src/engine/wasm/synapses.js';
import { layerOperations } from '../../src/spiking/counts.js';
import { integers, KernelBench, reals, spikeCounts } from './kernel-bench.js';

const [images, pixels, channels] = [3, 5, 32];
const neurons = images * pixels * channels;

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
  const imageChannels = 19;
  const perImage = pixels * imageChannels;

  function deleted(
    spikes: readonly number[],
    words: { seedLow: number; seedHigh: number; purpose: number; firstImage: number; last: number },
  ): number[] {
    const bench = new KernelBench();
    const address = bench.bytes(spikes);
    const shape = { spikes: address, neurons: perImage, imageChannels, channels };
    bench.call('deleteSpikes', bench.plan.descriptor('DeleteSpikes', { ...shape, ...words }), images);
    return bench.readBytes(address, neurons);
  }

  it('draws the known words of Philox4x32-10', () => {
    // Known answers of Random123 (Salmon et al. 2011): counter 0, key 0. Neuron 0 of image 0 draws them in this order.
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
    const spikes = new Array(neurons).fill(0);
    spikes[0] = 4;
    const left = (last: number) => deleted(spikes, { seedLow: 0, seedHigh: 0, purpose: 0, firstImage: 0, last })[0];
    for (const word of words) {
      const below = words.filter((other) => other < word).length;
      expect([left(word - 1), left(word)]).toEqual([4 - below, 3 - below]);
    }
    // All of counter and key: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0.
    const out = new Uint32Array(4);
    philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], out);
    expect([...out].map((word) => word.toString(16))).toEqual(['d16cfe09', '94fdcceb', '5001e420', '24126ea1']);
  });

  it('takes the words of (seed, purpose, image, neuron), neurons counted without padding channels', () => {
    const spikes = spikeCounts(neurons, 11, 1).map((count, i) => (i % channels < imageChannels ? count : 0));
    const [seedLow, seedHigh, purpose, firstImage, last] = [123456789, 987654321, 4, 4_000_000_000, 0x60000000];
    const word = new Uint32Array(4);
    const expected = spikes.map((count, i) => {
      const image = Math.floor(i / (pixels * channels));
      const neuron = (Math.floor(i / channels) % pixels) * imageChannels + (i % channels);
      let left = count;
      for (let j = 0; j < count; j++) {
        philox([seedLow, seedHigh], [neuron, firstImage + image, Math.floor(j / 4), purpose], word);
        if (word[j % 4]! <= last) left--;
      }
      return left;
    });
    expect(deleted(spikes, { seedLow, seedHigh, purpose, firstImage, last })).toEqual(expected);
  });
});

describe('countSpikes', () => {
  it('sums spikes, windows and synapses of every image', () => {
    const layer = {
      ...{ name: 'conv2', kernel: [3, 2] as const, stride: 2, padding: [1, 0] as const },
      ...{ input: [5, 4, 19] as const, output: [3, 2, 7] as const },
      weights: Int8Array.from(integers(3 * 2 * 19 * 7, -1, 1, 1)),
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

function counted(
  shape: { readonly pixels: number; readonly channels: number },
  spikes: readonly number[],
  tables?: { readonly windows: readonly number[]; readonly synapses: readonly number[]; readonly parts: number },
): number[] {
  const bench = new KernelBench();
  const counts = bench.doubles(new Array(images * 3).fill(-1));
  const descriptor = bench.plan.descriptor('CountSpikes', {
    ...{ spikes: bench.bytes(spikes), ...shape, counts },
    windows: tables ? bench.halves(tables.windows) : 0,
    synapses: tables ? bench.halves(tables.synapses) : 0,
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
