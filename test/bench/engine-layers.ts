// Where the time of a training step goes, by layer and kind of work.
import type { GradientType } from '../../src/engine/engine.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { network as preset } from '../../src/network/presets.js';
import { renderTable } from '../../src/report/table.js';
import { example, k1B2 } from './engine-steps.js';

/** Steps of which the fastest counts, call by call: on a busy machine others are slowed down. */
const steps = 4;

const kinds: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^(eventConv|denseConv)/, 'forward'],
  [/^maskedGradient/, 'input gradient'],
  [/WeightGradient/, 'weight gradient'],
  [/^spikeLists/, 'lists'],
  [/^(activate|levelThresholds|spikesToMap|channelSums|batchNorm|gradient|quantise|softmax)/, 'element by element'],
  [/./, 'weights'],
];

/** A table of CPU milliseconds a step on one thread. */
export async function layerProfile(name: 'lenet' | 'vgg', gradients: GradientType, batch: number): Promise<string> {
  const network = preset(name, { precision: k1B2 });
  const { images, labels, parameters } = example(network, batch);
  const best = new Map<string, number>();
  let current = new Map<string, number>();
  const trainer = await WasmTrainer.create(
    network,
    { parameters },
    { batch, threads: 1, gradients },
    ({ kernel, layer = 'all' }, milliseconds) => {
      const key = `${layer} ${kinds.find(([pattern]) => pattern.test(kernel))![1]}`;
      current.set(key, (current.get(key) ?? 0) + milliseconds);
    },
  );
  trainer.step(images, labels, 1e-6);
  for (let step = 0; step < steps; step++) {
    current = new Map();
    trainer.step(images, labels, 1e-6);
    for (const [key, time] of current) best.set(key, Math.min(time, best.get(key) ?? Number.POSITIVE_INFINITY));
  }
  await trainer.close();
  const columns = [...new Set(kinds.map(([, kind]) => kind))];
  const names = [...network.layers.map((layer) => layer.name), 'dense', 'all'];
  const rows = names.map((layer) => {
    const cells = columns.map((kind) => best.get(`${layer} ${kind}`) ?? 0);
    return { layer, cells, sum: cells.reduce((a, b) => a + b, 0) };
  });
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
