import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine } from '../engine/engine.js';
import { denseMacs, neuronCount } from '../network/parameters.js';
import { firingRate } from '../spiking/counts.js';
import type { SpikingNetwork } from '../spiking/network.js';
import { countHits, inferenceBatch, rate, round, type Surroundings } from './evaluate.js';
import type { ImageSource } from './images.js';

/** What a layer did over all images. SOPs by three conventions: see `spiking/counts.ts`. */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  readonly spikes: number;
  readonly firingRate: number;
  readonly sops: number;
  readonly eventSops: number;
  readonly effectiveSops: number;
}

export interface Activity {
  readonly images: number;
  readonly correct: number;
  readonly layers: readonly LayerActivity[];
}

/** Simulates the spiking network on all test images, with spikes of layer 1 deleted at random. */
export async function simulate(
  engine: Engine,
  source: ImageSource,
  network: SpikingNetwork,
  noise: { readonly probability: number; readonly seed: number },
  threads: number,
  { signal, progress }: Surroundings,
): Promise<Activity> {
  const { test } = source.dataset;
  const simulator = await engine.simulator(network, { batch: inferenceBatch, threads });
  const inputs = new Float32Array(inferenceBatch * source.size);
  const blocks = [network.encoding, ...network.layers];
  const sums = blocks.map(() => ({ spikes: 0, event: 0, effective: 0 }));
  const started = performance.now();
  let correct = 0;
  try {
    for (let first = 0; first < test.count; first += inferenceBatch) {
      signal.throwIfAborted();
      const count = Math.min(inferenceBatch, test.count - first);
      source.fillTest(first, count, inputs);
      const { logits, counts } = simulator.simulate(inputs, count, { ...noise, firstImage: first });
      correct += countHits(logits, test.labels, first, count, network.classes);
      for (const [i, { spikes, eventOperations, effectiveOperations }] of counts.entries()) {
        const sum = sums[i]!;
        sum.spikes += spikes;
        sum.event += eventOperations;
        sum.effective += effectiveOperations;
      }
      const done = first + count;
      const values = { accuracy: round(correct / done, 4), 'images/s': rate(done, started) };
      progress({ done, total: test.count, unit: 'images', phase: 'SNN simulation', values });
      await nextTurn();
    }
  } finally {
    await simulator.close();
  }
  const layers = blocks.map(({ name, output }, i): LayerActivity => {
    const { spikes, event, effective } = sums[i]!;
    const neurons = output[0] * output[1] * output[2];
    return {
      name,
      neurons,
      spikes,
      firingRate: firingRate(spikes, neurons, test.count, network.levels),
      // The paper's convention: twice the additions, times the levels.
      sops: event * 2 * network.levels,
      eventSops: event,
      effectiveSops: effective,
    };
  });
  return { images: test.count, correct, layers };
}

/** The result file of `snn-infer`, which `plot` reads. */
export function activityReport(network: SpikingNetwork, { images, correct, layers }: Activity) {
  const total = (field: 'neurons' | 'spikes' | 'sops' | 'eventSops' | 'effectiveSops') =>
    layers.reduce((sum, layer) => sum + layer[field], 0);
  const blocks = { layers: [network.encoding, ...network.layers] };
  const neurons = neuronCount(blocks);
  return {
    images,
    correct,
    accuracy: correct / images,
    levels: network.levels,
    neurons,
    spikes: total('spikes'),
    spikesPerImage: total('spikes') / images,
    sops: total('sops'),
    sopsPerImage: total('sops') / images,
    eventSops: total('eventSops'),
    eventSopsPerImage: total('eventSops') / images,
    effectiveSops: total('effectiveSops'),
    effectiveSopsPerImage: total('effectiveSops') / images,
    firingRate: firingRate(total('spikes'), neurons, images, network.levels),
    denseMacs: denseMacs(blocks),
    layers,
  };
}
