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
import { type Traffic, watchTraffic } from './webgpu-traffic.js';

/** Small ones: a device in software takes minutes for more. Bytes depend on them. */
const batches = { lenet: 4, vgg: 1 } as const;
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

async function row(title: string, counting: Promise<Traffic>): Promise<string> {
  const { dispatches, submits, reads, uploaded, read, bound } = await counting;
  const bytes = [uploaded, read, bound].map(megabytes).join(' | ');
  return `| ${title} | ${dispatches} | ${submits} | ${reads} | ${bytes} |`;
}

const rows: string[] = [];
const add = (line: string) => {
  rows.push(line);
  console.log(line);
};
for (const name of names) {
  const batch = batches[name];
  const title = `${name === 'lenet' ? 'LeNet' : 'VGG'}, batch ${batch}`;
  add(await row(`${title}, training by TensorFlow.js's programs`, training(name, batch, false)));
  add(await row(`${title}, training`, training(name, batch, true)));
  add(await row(`${title}, simulation`, simulation(name, batch)));
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
`;
await writeFile(join(packageRoot, 'test/bench/WEBGPU.md'), text);
console.log(text);
process.exit(0);
