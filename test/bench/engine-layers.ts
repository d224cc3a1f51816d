// Where the time of a training step, or of the spiking network, goes, by layer and kind of work.
import type { GradientType } from '../../src/engine/engine.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import type { Observer } from '../../src/engine/wasm/threads.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network } from '../../src/network/architecture.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { renderTable } from '../../src/text/table.js';
import { example, k1B2, settled } from './engine-steps.js';

/** Steps of which the fastest counts, call by call: on a busy machine others are slowed down. */
const steps = 4;

type Kinds = readonly (readonly [pattern: RegExp, kind: string])[];

const trainingKinds: Kinds = [
  [/^(spikeConv|eventConv|wideConv|denseConv)/, 'forward'],
  [/^(maskedGradient|tabledGradient)/, 'input gradient'],
  [/WeightGradient|imageSums/, 'weight gradient'],
  [/^spikeLists/, 'lists'],
  [/^(activate|levelThresholds|spikesToMap|channelSums|batchNorm|gradient|quantise|softmax)/, 'element by element'],
  [/./, 'weights'],
];

const simulationKinds: Kinds = [
  [/^(placeImages|encode|spikeConv|eventConv|wideConv|fire|readout)/, 'membranes and spikes'],
  [/^deleteSpikes/, 'noise'],
  [/^countSpikes/, 'counts'],
];

/** A table of CPU milliseconds a step on one thread. `start` makes what can do a step, and tells the observer of its calls. */
async function profile(
  network: Network,
  batch: number,
  kinds: Kinds,
  start: (observer: Observer) => Promise<{ step(): Promise<unknown>; close(): Promise<void> }>,
): Promise<string> {
  const best = new Map<string, number>();
  let current = new Map<string, number>();
  const { step, close } = await start(({ kernel, layer = 'all' }, milliseconds) => {
    const kind = kinds.find(([pattern]) => pattern.test(kernel));
    const key = `${layer} ${kind?.[1]}`;
    current.set(key, (current.get(key) ?? 0) + milliseconds);
  });
  await step();
  for (let round = 0; round < steps; round++) {
    current = new Map();
    await step();
    for (const [key, time] of current) best.set(key, Math.min(time, best.get(key) ?? Number.POSITIVE_INFINITY));
  }
  await close();
  const columns = [...new Set(kinds.map(([, kind]) => kind))];
  const names = [...network.layers.map((layer) => layer.name), 'all'];
  const rows = names
    .map((layer) => {
      const cells = columns.map((kind) => best.get(`${layer} ${kind}`) ?? 0);
      return { layer, cells, sum: cells.reduce((a, b) => a + b, 0) };
    })
    .filter(({ sum }) => sum > 0);
  const total = {
    layer: 'total',
    cells: columns.map((_, i) => rows.reduce((sum, { cells }) => sum + cells[i]!, 0)),
    sum: rows.reduce((all, { sum }) => all + sum, 0),
  };
  const table = [...rows, total].map(({ layer, cells, sum }) => ({
    layer,
    ...Object.fromEntries(columns.map((kind, i) => [kind, cells[i]!.toFixed(1)])),
    sum: sum.toFixed(1),
  }));
  const titles = ['layer', ...columns, 'sum'].map((key) => ({ key }));
  const rate = Math.round((batch / total.sum) * 1e3);
  return `Milliseconds of processor time; ${rate} images/s.\n\n${renderTable(table, titles, 'md').trimEnd()}`;
}

/** Of a training step. */
export function trainingProfile(name: 'lenet' | 'vgg', gradients: GradientType, batch: number): Promise<string> {
  const network = preset(name, { precision: k1B2 });
  const { images, labels, parameters } = example(network, batch);
  return profile(network, batch, trainingKinds, async (observer) => {
    const trainer = await WasmTrainer.create(network, { parameters }, { batch, threads: 1, gradients }, observer);
    return { step: () => trainer.step(images, labels, 1e-6), close: () => trainer.close() };
  });
}

/** Of the spiking network's simulation, with noise. */
export async function simulationProfile(name: 'lenet' | 'vgg', batch: number): Promise<string> {
  const network = preset(name, { precision: k1B2 });
  const { images } = example(network, batch);
  const spiking = convert(network, await settled(network, batch)).network;
  const noise = [{ deletion: 0.1, insertion: 0, membrane: 0 }];
  return profile(network, batch, simulationKinds, async (observer) => {
    const simulator = await WasmSimulator.create(spiking, { batch, threads: 1, noise }, observer);
    return {
      step: () => simulator.simulate(images, batch, { seed: 1, firstImage: 0 }),
      close: () => simulator.close(),
    };
  });
}
