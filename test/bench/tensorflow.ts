// Measures training and ANN inference on the default engine and on TensorFlow, in turn. It needs TensorFlow's library:
// `NODE_PATH=… node .build/bench-tensorflow.js` after test/peers/tfjs-node.sh, or with @tensorflow/tfjs-node installed.
import { availableParallelism } from 'node:os';
import { purposes, RandomWords } from '../../src/data/random.js';
import type { Engine } from '../../src/engine/engine.js';
import { engineNamed, engineNames } from '../../src/engine/engines.js';
import { loadLibrary } from '../../src/engine/tensorflow/library.js';
import type { Precision } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { precisionLabel } from '../../src/network/precision.js';
import { network } from '../../src/network/presets.js';
import { renderTable } from '../../src/report/table.js';

const [batch, runs, classes] = [200, 5, 10];
const threads = availableParallelism();

/** Milliseconds of each call, the calls taking turns: what else the machine does then meets all alike. */
function measure(calls: readonly (() => void)[]): number[] {
  for (const call of calls) call();
  const times = calls.map((): number[] => []);
  for (let run = 0; run < runs; run++)
    for (const [i, call] of calls.entries()) {
      const started = performance.now();
      call();
      times[i]!.push(performance.now() - started);
    }
  return times.map((all) => all.sort((a, b) => a - b)[runs >> 1]!);
}

async function rows(name: 'lenet' | 'vgg', precision: Precision, engines: readonly Engine[]) {
  const net = network(name, { precision });
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream: 0 });
  const size = net.input.reduce((product, length) => product * length, batch);
  const images = Float32Array.from({ length: size }, () => Math.max(0, 2 * words.uniform() - 1));
  const labels = Int32Array.from({ length: batch }, () => words.below(classes));
  const parameters = initialParameters(net, 1);
  const trainers = await Promise.all(engines.map((one) => one.trainer(net, { parameters }, { batch, threads })));
  const training = measure(trainers.map((trainer) => () => trainer.step(images, labels, 1e-3)));
  await Promise.all(trainers.map((trainer) => trainer.close()));
  const evaluators = await Promise.all(engines.map((one) => one.evaluator(net, parameters, { batch, threads })));
  const inference = measure(evaluators.map((evaluator) => () => evaluator.evaluate(images, batch)));
  await Promise.all(evaluators.map((evaluator) => evaluator.close()));
  const perSecond = (milliseconds: number) => Math.round((batch * 1e3) / milliseconds);
  return engines.map((engine, i) => ({
    ...{ network: name, precision: precisionLabel(precision), engine: engine.name },
    ...{ training: perSecond(training[i]!), inference: perSecond(inference[i]!) },
  }));
}

const { about } = loadLibrary(threads);
const engines = await Promise.all(engineNames.map((name) => engineNamed(name)));
const table = [];
for (const name of ['lenet', 'vgg'] as const)
  for (const precision of [{ kind: 'quantised', k: 1, B: 2 }, { kind: 'fp32' }] as const) {
    const measured = await rows(name, precision, engines);
    for (const row of measured) console.log(JSON.stringify(row));
    table.push(...measured);
  }
console.log(
  `Images per second, batch ${batch}, ${threads} threads, TensorFlow ${about.tensorflow} on the ${about.device}`,
);
console.log(
  renderTable(
    table,
    ['network', 'precision', 'engine', 'training', 'inference'].map((key) => ({ key })),
    'md',
  ),
);
