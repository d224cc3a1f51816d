// One step of a ternary network on our engine a line of input, in a process of its own, for what a benchmark measures of a
// process.
//   node wasm-steps.js lenet|vgg float32|int16|spiking|noisy THREADS BATCH
// Prints "ready", Node's version, then the seconds of each step.
import { createInterface } from 'node:readline';
import { type TernaryTask, ternaryContender } from './engine-steps.js';

const [network, task, threads, batch] = process.argv.slice(2) as ['lenet' | 'vgg', TernaryTask, string, string];
const { step } = await ternaryContender(network, task, { batch: Number(batch), threads: Number(threads) });
console.log(`ready ${process.version}`);
for await (const _ of createInterface({ input: process.stdin })) console.log(await step());
process.exit(0);
