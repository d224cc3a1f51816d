// Counts what the engine on a graphics processor has it do in a step of LeNet and VGG: programs that begin, bytes that go
// there and come back, and bytes that programs have bound; and estimates from that how long it would take. It needs no fast
// device: none of it is computed.
//   test/peers/webgpu.sh FOLDER npm run bench:webgpu [-- lenet]      writes test/bench/WEBGPU.md
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trainer } from '../../src/engine/engine.js';
import { TensorFlowTrainer } from '../../src/engine/tensorflow/trainer.js';
import { loadLibrary } from '../../src/engine/webgpu/library.js';
import { WebGpuSimulator } from '../../src/engine/webgpu/spiking/simulator.js';
import { FusedTrained } from '../../src/engine/webgpu/training/trained.js';
import { elements } from '../../src/formats/shape.js';
import type { NetworkLayer } from '../../src/network/architecture.js';
import { paperOptimiser } from '../../src/network/optimiser.js';
import { layerParameters } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { example, k1B2, type NetworkName, settled } from './engine-steps.js';
import { type Traffic, watchTraffic } from './webgpu-traffic.js';

/** Bytes depend on them. */
const batches = { lenet: 100, vgg: 200 } as const;
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
  const trained = fused ? [new FusedTrained(tf, network, { parameters }, paperOptimiser)] : [];
  const trainer: Trainer = new TensorFlowTrainer(tf, network, { parameters }, batch, paperOptimiser, ...trained);
  const counted = await ofStep(() => trainer.step(images, labels, 1e-6));
  await trainer.close();
  return counted;
}

async function simulation(name: NetworkName, batch: number): Promise<Traffic> {
  const network = preset(name, { precision: k1B2 });
  const spiking = convert(network, await settled(network, 4)).network;
  const simulator = await WebGpuSimulator.create(device, spiking, { batch, threads: 1 });
  const { images } = example(network, batch);
  const counted = await ofStep(() => simulator.simulate(images, batch));
  await simulator.close();
  return counted;
}

/** Processors to estimate for: bytes and operations in single precision that they do in a second at most. */
const processors = [
  ['part of a processor: 100 GB/s, 2 TFLOPS', 100e9, 2e12],
  ['in the middle: 400 GB/s, 12 TFLOPS', 400e9, 12e12],
  ['for data centres: 3,300 GB/s, 60 TFLOPS', 3300e9, 60e12],
] as const;
/** What is assumed, not measured: seconds that a program takes to begin, seconds of waiting, and shares of what is possible. */
const assumed = { program: 10e-6, wait: 200e-6, bandwidth: 0.5, arithmetic: 0.2 };

/** Of a step: a training does the convolutions three times, and a multiply-add is two operations. */
function operations(name: NetworkName, batch: number): number {
  const { layers } = preset(name, { precision: k1B2 });
  const macs = layers.reduce((sum, layer) => sum + elements(layerParameters(layer)[0]!.shape) * pixelsOf(layer), 0);
  return 3 * 2 * macs * batch;
}

const pixelsOf = ({ output: [height, width] }: NetworkLayer) => height * width;

/** Images per second, if nothing of it happens at once. */
function estimate(traffic: Traffic, name: NetworkName, batch: number): string {
  return processors
    .map(([, bandwidth, arithmetic]) => {
      const seconds =
        traffic.dispatches * assumed.program +
        traffic.reads * assumed.wait +
        traffic.bound / (bandwidth * assumed.bandwidth) +
        operations(name, batch) / (arithmetic * assumed.arithmetic);
      return Number((batch / seconds).toPrecision(2)).toLocaleString('en');
    })
    .join(' | ');
}

const megabytes = (bytes: number) =>
  bytes < 1e5 ? (bytes / 1e6).toFixed(3) : Number((bytes / 1e6).toPrecision(3)).toLocaleString('en');

function row(title: string, { dispatches, submits, reads, uploaded, read, bound }: Traffic): string {
  const bytes = [uploaded, read, bound].map(megabytes).join(' | ');
  return `| ${title} | ${dispatches} | ${submits} | ${reads} | ${bytes} |`;
}

const rows: string[] = [];
const estimates: string[] = [];
for (const name of names) {
  const batch = batches[name];
  const title = `${name === 'lenet' ? 'LeNet' : 'VGG'}, batch ${batch}`;
  const [plain, fused] = [await training(name, batch, false), await training(name, batch, true)];
  rows.push(row(`${title}, training by TensorFlow.js's programs`, plain), row(`${title}, training`, fused));
  rows.push(row(`${title}, simulation`, await simulation(name, batch)));
  estimates.push(`| ${title}, training by TensorFlow.js's programs | ${estimate(plain, name, batch)} |`);
  estimates.push(`| ${title}, training | ${estimate(fused, name, batch)} |`);
}
const text = `# What a step has a graphics processor do

k1B2. Counted, not computed, on ${about.adapter}, ${Object.entries(about.packages)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ')}. TensorFlow.js may choose another program on another device. A step of training by the paper's
Adam, one of simulation without noise; the second of its kind, for the first compiles programs. Megabytes are those that are
written to the device, those that are read back, and those of all buffers that programs have bound, each as often as a program
has it. Written by
\`npm run bench:webgpu\`.

| step | programs | submissions | read-backs | MB written | MB read | MB bound |
| ---- | -------: | ----------: | ---------: | ---------: | ------: | -------: |
${rows.join('\n')}

## Estimated, not measured

Images per second, from those numbers and the convolutions' multiply-adds. **None of it was measured on a graphics processor**:
it is assumed that a program takes ${assumed.program * 1e6} µs to begin, that waiting for the loss takes ${assumed.wait * 1e6} µs, that programs reach
${assumed.bandwidth * 100} % of a processor's bandwidth and ${assumed.arithmetic * 100} % of its arithmetic in single precision, and that nothing of it happens at once.

| step | ${processors.map(([title]) => title).join(' | ')} |
| ---- | ${processors.map(() => '---:').join(' | ')} |
${estimates.join('\n')}
`;
await writeFile(join(packageRoot, 'test/bench/WEBGPU.md'), text);
console.log(text);
process.exit(0);
