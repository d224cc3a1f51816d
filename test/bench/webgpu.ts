// Counts what the engine on a graphics processor has it do in a step of LeNet and VGG: programs that begin, bytes that go
// there and come back, and bytes that programs have bound. It needs no fast device.
//   test/peers/webgpu.sh FOLDER npm run bench:webgpu [-- lenet]      writes test/bench/WEBGPU.md
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trainer } from '../../src/engine/engine.js';
import { TensorFlowTrainer } from '../../src/engine/tensorflow/trainer.js';
import { loadLibrary } from '../../src/engine/webgpu/library.js';
import { WebGpuSimulator } from '../../src/engine/webgpu/spiking/simulator.js';
import { FusedOperations } from '../../src/engine/webgpu/training/operations.js';
import { paperOptimiser } from '../../src/network/optimiser.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { example, k1B2, type NetworkName, settled } from './engine-steps.js';
import { assumed, estimateStep, trainingOperations } from './webgpu-estimate.js';
import { type Traffic, watchTraffic } from './webgpu-traffic.js';

/** About that of the paper's trainings. */
const estimatedBatch = 200;
const microseconds = (seconds: number) => Math.round(seconds * 1e6);

/** Small ones: a device in software takes minutes for more. Bytes are all but linear in them: two tell those of any. */
const batches = { lenet: [4, 8], vgg: [2, 4] } as const;
/** Networks that are asked for, or all. */
const names = (['lenet', 'vgg'] as const).filter((name) => process.argv.length < 3 || process.argv.includes(name));

const { tf, device, about } = await loadLibrary();
const traffic = watchTraffic(device, (tf.backend() as unknown as { readonly queue: GPUQueue }).queue);

/** The second step: the first compiles programs and brings parameters to the device. */
async function ofStep(step: () => Promise<unknown>): Promise<Traffic> {
  await step();
  traffic.reset();
  await step();
  return traffic.counted();
}

async function training(name: NetworkName, batch: number, fused: boolean): Promise<Traffic> {
  const network = preset(name, { precision: k1B2 });
  const { images, labels, parameters } = example(network, batch);
  const operations = fused ? [FusedOperations.on(tf)] : [];
  const trainer: Trainer = new TensorFlowTrainer(tf, network, { parameters }, batch, paperOptimiser, ...operations);
  const counted = await ofStep(() => trainer.step(images, labels, 1e-6));
  await trainer.close();
  return counted;
}

async function simulation(name: NetworkName, batch: number): Promise<Traffic> {
  const network = preset(name, { precision: k1B2 });
  const spiking = convert(network, await settled(network, batch)).network;
  const simulator = await WebGpuSimulator.create(device, spiking, { batch, threads: 1 });
  const { images } = example(network, batch);
  const counted = await ofStep(() => simulator.simulate(images, batch));
  await simulator.close();
  return counted;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1);

function row(title: string, { dispatches, submits, reads, uploaded, read, bound }: Traffic): string {
  const bytes = [uploaded, read, bound].map(megabytes).join(' | ');
  return `| ${title} | ${dispatches} | ${submits} | ${reads} | ${bytes} |`;
}

const titles = { lenet: 'LeNet', vgg: 'VGG' } as const;

/** What a batch as large as the paper's would have the device do, by counts of two small ones. */
async function estimate(name: NetworkName, counted: Traffic): Promise<string> {
  const [small, large] = batches[name];
  const more = await training(name, large, true);
  if (more.dispatches !== counted.dispatches) throw new Error(`${name}: another batch has other programs`);
  const ofImage = (more.bound - counted.bound) / (large - small);
  const bytes = counted.bound + (estimatedBatch - small) * ofImage;
  const operations = trainingOperations(preset(name, { precision: k1B2 })) * estimatedBatch;
  const parts = estimateStep({ dispatches: counted.dispatches, bytes, operations });
  const whole = parts.dispatches + parts.bytes + parts.operations;
  const cells = [
    titles[name],
    counted.dispatches,
    (bytes / 1e9).toFixed(2),
    (operations / 1e9).toFixed(0),
    ...[parts.dispatches, parts.bytes, parts.operations, whole].map((seconds) => (seconds * 1e3).toFixed(2)),
    Math.round(estimatedBatch / whole / 100) * 100,
  ];
  return `| ${cells.join(' | ')} |`;
}

const [rows, estimated]: [string[], string[]] = [[], []];
const add = (lines: string[], line: string) => {
  lines.push(line);
  console.log(line);
};
for (const name of names) {
  const [batch] = batches[name];
  const title = `${titles[name]}, batch ${batch}`;
  add(rows, row(`${title}, training by TensorFlow.js's programs`, await training(name, batch, false)));
  const trained = await training(name, batch, true);
  add(rows, row(`${title}, training`, trained));
  add(rows, row(`${title}, simulation`, await simulation(name, batch)));
  add(estimated, await estimate(name, trained));
}
const text = `# What a step has a graphics processor do

k1B2. Counted on ${about.adapter}, ${Object.entries(about.packages)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ')}. TensorFlow.js may choose another program on another device. A step of training by the paper's
Adam, one of simulation without noise; the second of its kind, for the first compiles programs. Megabytes are those that are
written to the device, those that are read back, and those of all buffers that programs have bound, each as often as a program
has it. Written by
\`npm run bench:webgpu\`.

| step | programs | submissions | read-backs | MB written | MB read | MB bound |
| ---- | -------: | ----------: | ---------: | ---------: | ------: | -------: |
${rows.join('\n')}

## What that might take, unmeasured

No graphics processor was at hand: this is arithmetic, not a measurement. A step of training at batch ${estimatedBatch}, as many programs, bytes
by counts at two small batches, operations of all convolutions forward and in both gradients; at ${microseconds(assumed.secondsOfProgram)} µs a program,
${assumed.bytesPerSecond / 1e9} GB/s and ${assumed.operationsPerSecond / 1e12} TFLOP/s, one after the other. These rates are assumed: a card of today has about such a memory,
and several times as many operations in its data sheet, of which plain programs reach a part. Convolutions read what they have bound
more than once, where caches don't help; the loader's work is not in it either.

| network | programs | GB | GFLOP | ms of programs | ms of bytes | ms of operations | ms | images/s |
| ------- | -------: | -: | ----: | -------------: | ----------: | ---------------: | -: | -------: |
${estimated.join('\n')}
`;
await writeFile(join(packageRoot, 'test/bench/WEBGPU.md'), text);
console.log(text);
process.exit(0);
