// Measures the engine: training, ANN inference and SNN simulation of LeNet and VGG, and a step layer by layer; beside
// PyTorch where SPIKELINE_PYTHON names a Python that has it, and ONNX Runtime where SPIKELINE_ONNXRUNTIME names the folder
// that test/peers/onnxruntime.sh put it in, and TensorFlow where its library is installed. `npm run bench:engine` writes
// test/bench/RESULTS.md.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { gradientTypes } from '../../src/engine/engine.js';
import { packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/text/table.js';
import { inputWaits } from './engine-input.js';
import { simulationProfile, trainingProfile } from './engine-layers.js';
import { peakMemory } from './engine-memory.js';
import { scaling } from './engine-scaling.js';
import {
  floatContenders,
  median,
  spikesPerNeuron,
  tensorFlowContender,
  ternaryContender,
  torchContender,
} from './engine-steps.js';

const batch = 200;
/** Rounds of a comparison: every contender makes one step a round, in turn. */
const rounds = Number(process.env.SPIKELINE_BENCH_ROUNDS ?? 7);
const python = process.env.SPIKELINE_PYTHON;
const ternaryTasks = { training: gradientTypes, inference: ['spiking', 'noisy'] } as const;

type Row = {
  readonly network: string;
  readonly threads: number;
  readonly task: string;
  readonly contender: string;
  readonly rate: string;
  readonly ratio: string;
  readonly fastest: string;
};

/**
 * Median of the ratios of each round, so that what slows down all of a round does not count; and the ratio of the fastest
 * steps: on a machine shared with others, they come nearest to what it does when it is idle.
 */
async function compare(network: 'lenet' | 'vgg', threads: number, task: 'training' | 'inference'): Promise<Row[]> {
  const options = { batch, threads };
  const contenders = [
    ...(await Promise.all(ternaryTasks[task].map((one) => ternaryContender(network, one, options)))),
    ...(await floatContenders(network, task, options)),
  ];
  for (const mode of python === undefined ? [] : (['eager', 'compile'] as const)) {
    const torch = await torchContender(python!, mode, { network, task, threads, batch });
    if (torch) contenders.push(torch);
  }
  const tensorFlow = await tensorFlowContender({ network, task, threads, batch });
  if (tensorFlow) contenders.push(tensorFlow);
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { step }] of contenders.entries()) times[i]!.push(await step());
  for (const { close } of contenders) await close();
  const base = contenders.findIndex(({ name }) => name.startsWith('PyTorch') && name.endsWith('eager'));
  return contenders.map(({ name }, i) => ({
    ...{ network, threads, task, contender: name, rate: Math.round(batch / median(times[i]!)).toString() },
    ratio: base < 0 ? '–' : median(times[i]!.map((time, round) => times[base]![round]! / time)).toFixed(2),
    fastest: base < 0 ? '–' : (Math.min(...times[base]!) / Math.min(...times[i]!)).toFixed(2),
  }));
}

const rows: Row[] = [];
for (const threads of new Set([1, availableParallelism()]))
  for (const network of ['lenet', 'vgg'] as const)
    for (const task of ['training', 'inference'] as const) {
      const found = await compare(network, threads, task);
      for (const row of found) console.log(Object.values(row).join('  '));
      rows.push(...found);
    }

const columns = [
  { key: 'network' },
  { key: 'threads' },
  { key: 'task' },
  { key: 'contender' },
  { key: 'rate', title: 'images/s' },
  { key: 'ratio', title: 'times PyTorch eager' },
  { key: 'fastest', title: 'by the fastest steps' },
] as const;
const load = loadavg()[0]!.toFixed(1);
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`;
const sections = [
  `# The engine's speed

${machine}; load average ${load} at the end. Batch ${batch}, ${rounds} rounds in which every contender makes one step in turn; medians
of images per second, and of the ratios round by round; beside them the ratio of the fastest steps. A neuron sends ${await spikesPerNeuron('lenet', batch)} spikes on average in LeNet and ${await spikesPerNeuron('vgg', batch)} in
VGG; in the published log of the paper's VGG it sends 0.66. Written by \`npm run bench:engine\`${python === undefined ? '' : ', with `SPIKELINE_PYTHON` set to a Python that has PyTorch'}.

${renderTable(rows, columns, 'md').trimEnd()}`,
];
if (availableParallelism() > 1)
  sections.push(`## One thread and ${availableParallelism()}

Steps in turn, each contender in a process of its own; medians of the ratios round by round. Beside them what as many
processes of one thread do at the same time, which share nothing.

${await scaling(batch, availableParallelism())}`);
if (process.platform === 'linux')
  sections.push(`## Peak memory

Largest resident set of a process that trains at batch ${batch} with 2 threads, after a few steps, in 10⁶ bytes.

${await peakMemory(batch, 2, python)}`);
sections.push(`## Waiting for images

Milliseconds; ${batch} images are read and, for VGG, cropped, flipped and lit at random by a thread of their own, up to three
batches ahead. k1B2, float32 gradients; medians, and the share of all waiting in all of the time. Only the first batch of an
epoch, which has to be made first, is left out.

${await inputWaits(batch, availableParallelism())}`);
for (const network of ['vgg', 'lenet'] as const)
  for (const gradients of ['float32', 'int16'] as const)
    sections.push(`## A training step of ${network} at k1B2, ${gradients} gradients, one thread

${await trainingProfile(network, gradients, batch)}`);
for (const network of ['vgg', 'lenet'] as const)
  sections.push(`## The spiking network of ${network} at k1B2 with noise, one thread

${await simulationProfile(network, batch)}`);
await writeFile(join(packageRoot, 'test/bench/RESULTS.md'), `${sections.join('\n\n')}\n`);
process.exit(0);
