// One turn of the TensorFlow engine a line of input, for the engine's benchmark: it takes turns with the others.
//   node tensorflow-steps.js lenet|vgg training|inference THREADS BATCH
// Prints "ready VERSION", then of each turn a step's seconds; ends with code 3 where TensorFlow is not installed.
import { createInterface } from 'node:readline';
import { tensorflowEngine } from '../../src/engine/tensorflow/engine.js';
import { loadLibrary } from '../../src/engine/tensorflow/library.js';
import { UserError } from '../../src/error.js';
import { network as preset } from '../../src/network/presets.js';
import { example, k1B2, turnSeconds } from './engine-steps.js';

const [name, task, threads, batch] = process.argv.slice(2) as ['lenet' | 'vgg', string, string, string];
const options = { batch: Number(batch), threads: Number(threads) };

/** TensorFlow reads the number of its threads once, in the process's first call. */
function version(): string {
  try {
    return loadLibrary(options.threads).about.tensorflow;
  } catch (error) {
    if (error instanceof UserError) process.exit(3);
    throw error;
  }
}

const found = version();
const network = preset(name, { precision: k1B2 });
const { images, labels, parameters } = example(network, options.batch);
const trainer = await tensorflowEngine.trainer(network, { parameters }, options);
// The time of dense kernels does not depend on values.
const evaluator = await tensorflowEngine.evaluator(network, parameters, options);
const step =
  task === 'training' ? () => trainer.step(images, labels, 1e-6) : () => evaluator.evaluate(images, options.batch);
await step();
console.log(`ready ${found}`);
for await (const _ of createInterface({ input: process.stdin })) console.log(await turnSeconds(step));
process.exit(0);
