// Counts what the engine on a graphics processor has it do in a step of LeNet and VGG: programs that begin, bytes that go
// there and come back, and bytes that programs have bound; and estimates from that how long it would take. It needs no fast
// device: none of it is computed. With --time it is, and each program is timed by the device's own clock, where it has one.
//   test/peers/webgpu.sh FOLDER npm run bench:webgpu [-- lenet]           writes test/bench/WEBGPU.md
//   npm run bench:webgpu -- --time [lenet] [batch=10]                     prints
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trainer } from '../../src/engine/engine.js';
import { TensorFlowTrainer } from '../../src/engine/tensorflow/trainer.js';
import { loadLibrary } from '../../src/engine/webgpu/library.js';
import { WebGpuSimulator } from '../../src/engine/webgpu/spiking/simulator.js';
import * as programs from '../../src/engine/webgpu/training/programs.js';
import { FusedTrained } from '../../src/engine/webgpu/training/trained.js';
import { elements } from '../../src/formats/shape.js';
import type { NetworkLayer } from '../../src/network/architecture.js';
import { paperOptimiser } from '../../src/network/optimiser.js';
import { layerParameters } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { example, k1B2, type NetworkName, settled } from './engine-steps.js';
import { ProgramClock } from './webgpu-clock.js';
import { type Traffic, watchTraffic } from './webgpu-traffic.js';

const [, , ...asked] = process.argv;
/** Bytes depend on them. */
const own = Number(asked.find((word) => word.startsWith('batch='))?.slice('batch='.length));
const batches = { lenet: own || 100, vgg: own || 200 } as const;
/** Networks that are asked for, or all. */
const all = ['lenet', 'vgg'] as const;
const names = all.some((name) => asked.includes(name)) ? all.filter((name) => asked.includes(name)) : all;

const { tf, device, about } = await loadLibrary();

/** Measures a step, which is the second: the first compiles programs and brings parameters to the device. */
type Measure<T> = (step: () => Promise<unknown>) => Promise<T>;

async function training<T>(name: NetworkName, batch: number, fused: boolean, ofStep: Measure<T>): Promise<T> {
  const network = preset(name, { precision: k1B2 });
  const { images, labels, parameters } = example(network, batch);
  const trained = fused ? [new FusedTrained(tf, network, { parameters }, paperOptimiser)] : [];
  const trainer: Trainer = new TensorFlowTrainer(tf, network, { parameters }, batch, paperOptimiser, ...trained);
  const counted = await ofStep(() => trainer.step(images, labels, 1e-6));
  await trainer.close();
  return counted;
}

async function simulation<T>(name: NetworkName, batch: number, ofStep: Measure<T>): Promise<T> {
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

if (asked.includes('--time')) {
  console.log(await times());
  process.exit(0);
}

/** How long each kind of program takes in a step, for people. */
async function times(): Promise<string> {
  const clock = ProgramClock.of(device, programNames());
  if (clock === undefined)
    return `${about.adapter} can't be asked how long its programs take: it has no \`timestamp-query\`.`;
  const timed: Measure<string> = async (step) => {
    await step();
    await clock.read();
    const began = performance.now();
    await step();
    const wall = performance.now() - began;
    const programs = await clock.read();
    const sum = programs.reduce((total, { milliseconds }) => total + milliseconds, 0);
    const lines = programs.map(
      ({ name, count, milliseconds }) =>
        `${milliseconds.toFixed(3).padStart(12)} ms ${`${count}`.padStart(4)} × ${name}`,
    );
    return [...lines, `${sum.toFixed(3).padStart(12)} ms of ${wall.toFixed(1)} ms, programs one after the other`].join(
      '\n',
    );
  };
  const texts: string[] = [];
  for (const name of names) {
    const batch = batches[name];
    texts.push(`${name}, batch ${batch}, training`, await training(name, batch, true, timed));
    texts.push(`${name}, batch ${batch}, simulation`, await simulation(name, batch, timed));
  }
  return [about.adapter, ...texts].join('\n');
}

/** What our programs are called, by their code; TensorFlow.js gives its own names. */
function programNames(): (code: string) => string | undefined {
  const precision = k1B2;
  const { activate, chunkGradients, inputGradient, moveAll, ...others } = programs;
  const made = {
    ...others,
    ...{ activate: activate(precision), chunkGradients: chunkGradients(precision) },
    ...{ inputGradient: inputGradient(precision), moveAll: moveAll(paperOptimiser) },
  };
  const known = new Map<unknown, string>(Object.entries(made).map(([name, code]) => [code, `own ${name}`]));
  const simulates = (code: string) =>
    code.includes('synapses')
      ? 'own counts of spikes'
      : code.includes('arriving')
        ? 'own convolution of spikes'
        : undefined;
  return (code) => known.get(code) ?? simulates(code);
}

const traffic = watchTraffic(device, (tf.backend() as unknown as { readonly queue: GPUQueue }).queue);
const counted: Measure<Traffic> = async (step) => {
  await step();
  traffic.reset();
  await step();
  return traffic.counted();
};
const rows: string[] = [];
const estimates: string[] = [];
for (const name of names) {
  const batch = batches[name];
  const title = `${name === 'lenet' ? 'LeNet' : 'VGG'}, batch ${batch}`;
  const [plain, fused] = [await training(name, batch, false, counted), await training(name, batch, true, counted)];
  rows.push(row(`${title}, training by TensorFlow.js's programs`, plain), row(`${title}, training`, fused));
  rows.push(row(`${title}, simulation`, await simulation(name, batch, counted)));
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
