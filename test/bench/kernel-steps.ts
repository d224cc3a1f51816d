// One step of a network a line of input, and what each kernel took of it.
//   node kernel-steps.js lenet|vgg fp32|float32|int16|spiking|noisy|ann BATCH
// Prints "ready", Node's version, then for each step a line of JSON: milliseconds of processor time by "kernel layer", and of
// the whole "step".
import { createInterface } from 'node:readline';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import type { Observer } from '../../src/engine/wasm/threads.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { example, k1B2, settled } from './engine-steps.js';

const [name, task, size] = process.argv.slice(2) as ['lenet' | 'vgg', string, string];
const batch = Number(size);
const network = preset(name, { precision: task === 'fp32' ? { kind: 'fp32' } : k1B2 });
const { images, labels, parameters } = example(network, batch);
const options = { batch, threads: 1 };
let times: Record<string, number> = {};
const observer: Observer = ({ kernel, layer = 'all' }, milliseconds) => {
  const key = `${kernel} ${layer}`;
  times[key] = (times[key] ?? 0) + milliseconds;
};

async function start(): Promise<() => unknown> {
  if (task === 'ann') {
    const evaluator = await WasmEvaluator.create(network, await settled(network, batch), options, observer);
    return () => evaluator.evaluate(images, batch);
  }
  if (task === 'spiking' || task === 'noisy') {
    const spiking = convert(network, await settled(network, batch)).network;
    const noise = task === 'noisy' ? { noise: [{ deletion: 0.1, insertion: 0, membrane: 0 }] } : {};
    const simulator = await WasmSimulator.create(spiking, { ...options, ...noise }, observer);
    // Earlier versions take this for noise.
    const draw = task === 'noisy' ? { seed: 1, firstImage: 0 } : undefined;
    return () => simulator.simulate(images, batch, draw);
  }
  const gradients = task === 'int16' ? 'int16' : 'float32';
  const trainer = await WasmTrainer.create(network, { parameters }, { ...options, gradients }, observer);
  return () => trainer.step(images, labels, 1e-6);
}

const step = await start();
await step();
console.log(`ready ${process.version}`);
for await (const _ of createInterface({ input: process.stdin })) {
  times = {};
  const started = process.cpuUsage();
  await step();
  const { user, system } = process.cpuUsage(started);
  times.step = (user + system) / 1e3;
  console.log(JSON.stringify(times));
}
process.exit(0);
