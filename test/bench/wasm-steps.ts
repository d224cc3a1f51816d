// One training step of our engine a line of input, in a process of its own, for what a benchmark measures of a process.
//   node wasm-steps.js lenet|vgg float32|int16 THREADS BATCH
// Prints "ready", Node's version, then the seconds of each step.
import { createInterface } from 'node:readline';
import type { GradientType } from '../../src/engine/engine.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { network as preset } from '../../src/network/presets.js';
import { example, k1B2, timed } from './engine-steps.js';

const [name, gradients, threads, batch] = process.argv.slice(2) as ['lenet' | 'vgg', GradientType, string, string];
const network = preset(name, { precision: k1B2 });
const { images, labels, parameters } = example(network, Number(batch));
const options = { batch: Number(batch), threads: Number(threads), gradients };
const trainer = await wasmEngine.trainer(network, { parameters }, options);
trainer.step(images, labels, 1e-6);
console.log(`ready ${process.version}`);
for await (const _ of createInterface({ input: process.stdin }))
  console.log(timed(() => trainer.step(images, labels, 1e-6)));
process.exit(0);
