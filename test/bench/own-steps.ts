// One turn of our engine a line of input, in a process of its own, for what a benchmark measures of a process.
//   node bench-own.js lenet|vgg TASK THREADS BATCH wasm|LEVEL
// LEVEL is a level of processors that native kernels are compiled for. Prints "ready", Node's version, then of each
// turn a step's seconds.
import { createInterface } from 'node:readline';
import { type NetworkName, type OwnTask, ownStep, turnSeconds } from './engine-steps.js';
import { useKernels } from './own-kernels.js';

const [network, task, threads, batch, kernels] = process.argv.slice(2) as [
  NetworkName,
  OwnTask,
  string,
  string,
  string,
];
await useKernels(kernels);
const step = await ownStep(network, task, { batch: Number(batch), threads: Number(threads) });
await step();
console.log(`ready ${process.version}`);
for await (const _ of createInterface({ input: process.stdin })) console.log(await turnSeconds(step));
process.exit(0);
