import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { ImageSource } from '../../src/experiment/images.js';
import { simulate } from '../../src/experiment/simulate.js';
import { convert } from '../../src/spiking/convert.js';
import { faultyNetwork } from '../../src/spiking/faults.js';
import { noiseTerms } from '../../src/spiking/noise.js';
import type { NoiseRequest } from '../../src/spiking/noise-kinds.js';
import { liveParameters, quantised, smallVgg } from '../engine/examples.js';
import { randomDataset } from './random-dataset.js';

const ann = smallVgg(quantised(1, 2));
const network = convert(ann, liveParameters(ann, 3)).network;
const source = new ImageSource(network, randomDataset({ seed: 1, side: 12, classes: 10, train: 1, test: 20 }));
const context = { signal: new AbortController().signal, progress() {} };

const activities = (noise: number | NoiseRequest | readonly NoiseRequest[], seeds: readonly number[], of = network) =>
  simulate(wasmEngine, source, of, { terms: noiseTerms(noise, network), seeds }, 1, context);
const activity = async (noise: Parameters<typeof activities>[0], seed = 1) => (await activities(noise, [seed]))[0]!;

describe('a simulation with noise', () => {
  it('is one without where there is none of any kind', async () => {
    const none = [
      ...(['deletion', 'insertion', 'sign-flip'] as const).map((kind) => ({ kind, probability: 0 })),
      ...(['membrane', 'threshold'] as const).map((kind) => ({ kind, sigma: 0 })),
    ];
    expect(await activity(none)).toEqual(await activity(0));
  });

  it('has the paper’s noise as a number or as a kind, with the same bits', async () => {
    const number = await activity(0.3);
    expect(await activity({ kind: 'deletion', probability: 0.3, layers: 1 })).toEqual(number);
    expect(number).not.toEqual(await activity(0));
  });

  it('sends no spikes where all are deleted, and all where all are inserted', async () => {
    const deleted = await activity({ kind: 'deletion', probability: 1 });
    expect(deleted.layers.map(({ spikes, sops }) => [spikes, sops])).toEqual(
      network.layers.slice(0, -1).map(() => [0, 0]),
    );
    const inserted = await activity({ kind: 'insertion', probability: 1 });
    expect(inserted.layers.map(({ spikes }) => spikes)).toEqual(
      inserted.layers.map(({ neurons }) => 20 * neurons * network.levels),
    );
  });

  it('deletes and inserts by the probability', async () => {
    const clean = (await activity(0)).layers[0]!;
    const slots = 20 * clean.neurons * network.levels;
    const expectNear = (found: number, n: number, p: number) =>
      expect(Math.abs(found - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
    const deleted = (await activity({ kind: 'deletion', probability: 0.1, layers: 1 })).layers[0]!;
    expectNear(clean.spikes - deleted.spikes, clean.spikes, 0.1);
    const inserted = (await activity({ kind: 'insertion', probability: 0.1, layers: 1 })).layers[0]!;
    expectNear(inserted.spikes - clean.spikes, slots - clean.spikes, 0.1);
  });

  it('draws a device for each seed, as if each were simulated alone', async () => {
    const noise = [
      { kind: 'stuck-at-1', probability: 0.2 },
      { kind: 'membrane', sigma: 0.5 },
    ] as const;
    const both = await activities(noise, [1, 2]);
    expect(both).toEqual([await activity(noise, 1), await activity(noise, 2)]);
    expect(both[0]!.logits).not.toEqual(both[1]!.logits);
  });

  it('counts the operations of the weights that the device has', async () => {
    const noise = { kind: 'stuck-at-0', probability: 0.5 } as const;
    const device = faultyNetwork(network, noiseTerms(noise, network), 7);
    expect(await activity(noise, 7)).toEqual((await activities(0, [7], device))[0]);
  });

  it('has thresholds and membranes no nearer for absurd deviations', async () => {
    for (const kind of ['membrane', 'threshold'] as const) {
      const { layers } = await activity({ kind, sigma: 1e12, layers: [2, 3] });
      for (const { spikes, neurons } of layers.slice(1, 3)) {
        // Half of the neurons or thresholds are reached.
        expect(spikes / (20 * neurons * network.levels)).toBeGreaterThan(0.4);
        expect(spikes / (20 * neurons * network.levels)).toBeLessThan(0.6);
      }
    }
  });
});
