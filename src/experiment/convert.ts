import type { Able, Evaluator, Simulator } from '../engine/engine.js';
import type { Network } from '../network/architecture.js';
import type { Checkpoint } from '../network/checkpoint.js';
import { blocksOf } from '../network/layers.js';
import type { NeuronComparison } from '../results/conversion-result.js';
import type { SpikingNetwork } from '../spiking/network.js';
import { inferenceBatch, rate, type WorkContext } from './evaluate.js';
import { argmax, type ImageSource, testOrders } from './images.js';
import { Loader } from './loader.js';

/**
 * Runs the ANN (floating point) and the spiking network (integers, thresholds) side by side on the test images and
 * compares every neuron of every block.
 */
export function compare(
  engine: Able<'evaluate' | 'simulate'>,
  source: ImageSource,
  { network, parameters }: Checkpoint,
  spiking: SpikingNetwork,
  images: number,
  threads: number,
  { signal, progress }: WorkContext,
): Promise<NeuronComparison> {
  const batch = inferenceBatch(images);
  return Loader.with(source, batch, signal, async (loader) => {
    const options = { batch, threads };
    const evaluator = await engine.evaluator(network, parameters, options);
    const simulator = await engine.simulator(spiking, options);
    try {
      return await compareNeurons(evaluator, simulator, loader, network, images, { progress });
    } finally {
      await Promise.all([evaluator.close(), simulator.close()]);
    }
  });
}

async function compareNeurons(
  evaluator: Evaluator,
  simulator: Simulator,
  loader: Loader,
  network: Network,
  images: number,
  { progress }: Pick<WorkContext, 'progress'>,
): Promise<NeuronComparison> {
  const blocks = blocksOf(network);
  const different = blocks.map(() => 0);
  const started = performance.now();
  let [neuronsCompared, predictionsDifferent] = [0, 0];
  for await (const { images: inputs, order } of loader.batches(testOrders(images, inferenceBatch(images)))) {
    const { first, count } = order;
    const ann = await evaluator.evaluate(inputs, count, true);
    const snn = await simulator.simulate(inputs, count, undefined, true);
    for (const [layer, levels] of ann.levels.entries()) {
      neuronsCompared += levels.length;
      different[layer]! += countDifferent(levels, snn.levels[layer]!);
    }
    predictionsDifferent += differentPredictions(ann.logits, snn.logits, count, network.classes);
    const done = first + count;
    const total = different.reduce((sum, value) => sum + value, 0);
    const values = { 'neurons different': total, 'images/s': rate(done, started) };
    progress({ done, total: images, unit: 'images', phase: 'ANN = SNN?', values });
  }
  const layers = blocks.map(({ name }, i) => ({ name, different: different[i]! }));
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
