import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import type { Network } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import type { SpikingNetwork } from '../../src/spiking/network.js';
import { randomNetwork } from '../network/random-network.js';
import { annForward } from '../network/reference-ann.js';
import { simulate as referenceSimulate } from '../spiking/reference-simulator.js';
import {
  batchOf,
  customNetwork,
  fp32,
  imageOf,
  liveParameters,
  normalisedParameters,
  quantised,
  smallVgg,
} from './examples.js';
import { withoutDeleted } from './reference-noise.js';

const odd = (k: number, B: number): Network =>
  customNetwork(
    [11, 9, 2],
    [
      { kernel: [3, 3], padding: [1, 1], channels: 5 },
      { kernel: [3, 2], channels: 17 },
      { kernel: [2, 2], stride: 2, channels: 33 },
      { kernel: [3, 3], stride: 3, padding: [1, 1], channels: 40 },
      { kernel: [2, 2], channels: 21 },
    ],
    quantised(k, B),
    7,
  );

const precisions = [
  [0, 1],
  [0, 2],
  [0, 4],
  [1, 1],
  [1, 2],
  [1, 4],
] as const;

/** Precision changes no parameter before training. */
const lively = new Map<string, ReadonlyMap<string, Float32Array>>();

/** Some channels negated, one constant: what conversion has to handle. */
async function withHardChannels(network: Network, seed: number, images: Float32Array, count: number) {
  const key = `${network.layers.length} ${network.input} ${seed}`;
  const start = lively.get(key) ?? liveParameters(network, seed);
  lively.set(key, start);
  const parameters = await normalisedParameters(network, start, images, count);
  for (const { name } of blocksOf(network)) {
    const gamma = parameters.get(`${name}.gamma`)!;
    for (let c = 0; c < gamma.length; c += 3) gamma[c] = -gamma[c]!;
    gamma[1] = 0;
  }
  return parameters;
}

/** Share of neurons that are neither silent nor saturated in the least lively layer; at one level, of those that fire. */
function leastLively(levels: readonly Uint8Array[], most: number): number {
  const between = (level: number) => (most === 1 ? level === 1 : level > 0 && level < most);
  return Math.min(
    ...levels.map((layer) => layer.reduce((sum, level) => sum + (between(level) ? 1 : 0), 0) / layer.length),
  );
}

async function both(network: Network, seed: number, count: number, threads: number) {
  const { images } = batchOf(network, count, seed);
  const parameters = await withHardChannels(network, seed, images, count);
  const spiking = convert(network, parameters).network;
  const evaluator = await WasmEvaluator.create(network, parameters, { batch: count, threads });
  const simulator = await WasmSimulator.create(spiking, { batch: count, threads });
  const ann = await evaluator.evaluate(images, count, true);
  const snn = await simulator.simulate(images, count, undefined, true);
  await Promise.all([evaluator.close(), simulator.close()]);
  return { parameters, images, spiking, ann, snn };
}

describe('inference against plain loops, neuron by neuron', () => {
  it.each(precisions)('k%iB%i: ANN, SNN and both references agree', async (k, B) => {
    const network = odd(k, B);
    const count = 3;
    const { parameters, images, spiking, ann, snn } = await both(network, 10 * k + B, count, 2);
    const counts = snn.counts.map(() => ({ spikes: 0, event: 0, effective: 0 }));
    for (let i = 0; i < count; i++) {
      const image = Float32Array.from(imageOf(network, images, i));
      const reference = annForward(network, parameters, image);
      const simulation = referenceSimulate(spiking, image);
      for (const [layer, levels] of reference.activations.entries()) {
        const size = levels.length;
        const part = (all: Uint8Array) => [...all.subarray(i * size, (i + 1) * size)];
        expect(part(ann.levels[layer]!)).toEqual([...levels]);
        expect(part(snn.levels[layer]!)).toEqual([...simulation.spikes[layer]!]);
        counts[layer]!.spikes += simulation.spikesPerLayer[layer]!;
        if (layer > 0) counts[layer]!.event += simulation.operations[layer - 1]!.event;
        if (layer > 0) counts[layer]!.effective += simulation.operations[layer - 1]!.effective;
      }
      for (let c = 0; c < network.classes; c++) {
        expect(ann.logits[i * network.classes + c]!).toBeCloseTo(reference.logits[c]!, 9);
        expect(snn.logits[i * network.classes + c]!).toBeCloseTo(simulation.logits[c]!, 9);
      }
    }
    expect(ann.levels).toEqual(snn.levels);
    expect(leastLively(ann.levels, 2 ** k * B)).toBeGreaterThan(0.05);
    expect(
      snn.counts.map(({ spikes, eventOperations: event, effectiveOperations: effective }) => ({
        spikes,
        event,
        effective,
      })),
    ).toEqual(counts);
  });

  it('any small network, with γ of any sign and 0', async () => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async ({ network, parameters, image }) => {
        const spiking = convert(network, parameters).network;
        // One image in the place of two: what else is in the memory must not matter.
        const options = { batch: 2, threads: 1 };
        const evaluator = await WasmEvaluator.create(network, parameters, options);
        const simulator = await WasmSimulator.create(spiking, options);
        const ann = await evaluator.evaluate(image, 1, true);
        const snn = await simulator.simulate(image, 1, undefined, true);
        const expected = annForward(network, parameters, image).activations.map((levels) => [...levels]);
        const { spikesPerLayer } = referenceSimulate(spiking, image);
        expect(ann.levels.map((levels) => [...levels])).toEqual(expected);
        expect(snn.levels).toEqual(ann.levels);
        expect(snn.counts.map(({ spikes }) => spikes)).toEqual(spikesPerLayer);
        await Promise.all([evaluator.close(), simulator.close()]);
      }),
      { numRuns: 30 },
    );
  });

  it('fp32', async () => {
    const network = {
      ...odd(1, 2),
      precision: fp32,
      layers: odd(1, 2).layers.map((layer) =>
        layer.kind === 'convolution' ? { ...layer, weights: 'float' as const } : layer,
      ),
    };
    const parameters = liveParameters(network, 3);
    const { images } = batchOf(network, 2, 3);
    const evaluator = await WasmEvaluator.create(network, parameters, { batch: 2, threads: 1 });
    const { logits } = await evaluator.evaluate(images, 2);
    await evaluator.close();
    const expected = [0, 1].flatMap((i) => [
      ...annForward(network, parameters, Float32Array.from(imageOf(network, images, i))).logits,
    ]);
    for (const [i, value] of expected.entries()) expect(logits[i]!).toBeCloseTo(value, 4);
  });

  /** Neurons that decide otherwise, layer by layer; none must. */
  async function differences(network: Network, count: number): Promise<number[]> {
    const { k, B } = network.precision as { k: number; B: number };
    const { ann, snn } = await both(network, 3, count, 1);
    expect(leastLively(ann.levels, 2 ** k * B)).toBeGreaterThan(0.05);
    return ann.levels.map((levels, i) => levels.filter((level, j) => level !== snn.levels[i]![j]).length);
  }

  it.each(precisions)('k%iB%i: 0 neurons differ between ANN and SNN in LeNet and a small VGG', async (k, B) => {
    expect(await differences(preset('lenet', { precision: quantised(k, B) }), 8)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await differences(smallVgg(quantised(k, B)), 8)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('noise', () => {
  const network = odd(1, 2);
  const { images } = batchOf(network, 12, 1);
  const size = images.length / 12;
  let spiking: SpikingNetwork;

  beforeAll(async () => {
    spiking = convert(network, await withHardChannels(network, 1, images, 12)).network;
  });

  /** Spikes of layer 1 under noise, computed in batches of `batch`. */
  async function noisy(probability: number, seed: number, batch: number): Promise<number[]> {
    const noise = [{ deletion: probability, insertion: 0, membrane: 0 }];
    const simulator = await WasmSimulator.create(spiking, { batch, threads: 1, noise });
    const spikes: number[] = [];
    for (let first = 0; first < 12; first += batch) {
      const count = Math.min(batch, 12 - first);
      const part = images.slice(first * size, (first + count) * size);
      spikes.push(...(await simulator.simulate(part, count, { seed, firstImage: first }, true)).levels[0]!);
    }
    await simulator.close();
    return spikes;
  }

  it('depends on seed and image, and not on batches', async () => {
    const whole = await noisy(0.3, 7, 12);
    expect(await noisy(0.3, 7, 4)).toEqual(whole);
    expect(await noisy(0.3, 8, 12)).not.toEqual(whole);
  });

  it('deletes the spikes that the random words of (seed, image) choose', async () => {
    const seed = 2 ** 33 + 5;
    const quiet = await noisy(0, seed, 12);
    const neurons = quiet.length / 12;
    const expected = Array.from({ length: 12 }, (_, image) =>
      withoutDeleted(quiet.slice(image * neurons, (image + 1) * neurons), 0.3, { seed, image }),
    ).flat();
    expect(await noisy(0.3, seed, 5)).toEqual(expected);
  });

  it('deletes the share of spikes that it says, and all at 1', async () => {
    const sum = (spikes: readonly number[]) => spikes.reduce((a, b) => a + b, 0);
    const before = sum(await noisy(0, 1, 12));
    for (const probability of [0.1, 0.4]) {
      const kept = sum(await noisy(probability, 1, 12)) / before;
      // Five standard deviations of a binomial share.
      expect(Math.abs(kept - (1 - probability))).toBeLessThan(
        5 * Math.sqrt((probability * (1 - probability)) / before),
      );
    }
    expect(sum(await noisy(1, 1, 12))).toBe(0);
  });
});
