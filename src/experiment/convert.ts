import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SpikingEngine } from '../engine/engine.js';
import type { Checkpoint } from '../network/checkpoint.js';
import type { SpikingNetwork } from '../spiking/network.js';
import { inferenceBatch, rate, type Surroundings } from './evaluate.js';
import { argmax, type ImageSource } from './images.js';

/** Neurons of one block whose spike count is not n times the ANN's activation, and logits that are not. */
export interface Comparison {
  readonly images: number;
  readonly neuronsCompared: number;
  readonly layers: readonly { readonly name: string; readonly different: number }[];
  readonly predictionsDifferent: number;
}

/**
 * Runs the ANN (floating point) and the spiking network (integers, thresholds) side by side on the test images and
 * compares every neuron of every block.
 */
export async function compare(
  engine: SpikingEngine,
  source: ImageSource,
  { network, parameters }: Checkpoint,
  spiking: SpikingNetwork,
  images: number,
  threads: number,
  { signal, progress }: Surroundings,
): Promise<Comparison> {
  const options = { batch: inferenceBatch, threads };
  const evaluator = await engine.evaluator(network, parameters, options);
  const simulator = await engine.simulator(spiking, options);
  const inputs = new Float32Array(inferenceBatch * source.size);
  const different = network.layers.map(() => 0);
  const started = performance.now();
  let [neuronsCompared, predictionsDifferent] = [0, 0];
  try {
    for (let first = 0; first < images; first += inferenceBatch) {
      signal.throwIfAborted();
      const count = Math.min(inferenceBatch, images - first);
      source.fillTest(first, count, inputs);
      const ann = evaluator.evaluate(inputs, count, true);
      const snn = simulator.simulate(inputs, count, undefined, true);
      for (const [layer, levels] of ann.levels.entries()) {
        neuronsCompared += levels.length;
        different[layer]! += countDifferent(levels, snn.levels[layer]!);
      }
      predictionsDifferent += differentPredictions(ann.logits, snn.logits, count, network.classes);
      const done = first + count;
      const total = different.reduce((sum, value) => sum + value, 0);
      const values = { 'neurons different': total, 'images/s': rate(done, started) };
      progress({ done, total: images, unit: 'images', phase: 'ANN = SNN?', values });
      await nextTurn();
    }
  } finally {
    await Promise.all([evaluator.close(), simulator.close()]);
  }
  const layers = network.layers.map(({ name }, i) => ({ name, different: different[i]! }));
  return { images, neuronsCompared, layers, predictionsDifferent };
}

function countDifferent(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return 0;
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) different++;
  return different;
}

function differentPredictions(a: Float64Array, b: Float64Array, count: number, classes: number): number {
  let different = 0;
  for (let i = 0; i < count; i++) if (argmax(a, i * classes, classes) !== argmax(b, i * classes, classes)) different++;
  return different;
}
