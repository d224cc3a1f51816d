// Measures the engine: training, ANN inference and SNN simulation of LeNet and VGG by WebAssembly and by native kernels, and
// a step layer by layer; beside PyTorch where SPIKELINE_PYTHON names a Python that has it, ONNX Runtime where
// SPIKELINE_ONNXRUNTIME names the folder that test/peers/onnxruntime.sh put it in, and TensorFlow where its library is
// installed. `npm run bench:engine` writes test/bench/RESULTS.md; with SPIKELINE_BENCH_LEVEL set to a lower level of
// processors than the machine's (x86-64-v3), the comparison and what noise costs in RESULTS-x86-64-v3.md.
// `npm run bench:engine -- noise` measures what noise costs alone, and only prints.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { compareAll, speedTable } from './engine-comparison.js';
import { bfloat16Here, level } from './engine-contenders.js';
import { inputWaits } from './engine-input.js';
import { simulationProfile, trainingProfile } from './engine-layers.js';
import { limitsSection } from './engine-limits.js';
import { peakMemory } from './engine-memory.js';
import { noiseCosts } from './engine-noise.js';
import { scaling } from './engine-scaling.js';
import { spikesPerNeuron } from './engine-steps.js';
import { useKernels } from './own-kernels.js';

const batch = 200;
/** Rounds of a comparison, in each of which every contender has a turn. */
const rounds = Number(process.env.SPIKELINE_BENCH_ROUNDS ?? 7);
const python = process.env.SPIKELINE_PYTHON;
const threads = availableParallelism();
await useKernels(level ?? 'wasm');

if (process.argv[2] === 'noise') {
  console.log(await noiseCosts(batch, threads));
  process.exit(0);
}
const rows = await compareAll({ batch, threads, rounds, python });
const load = loadavg()[0]!.toFixed(1);
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} cores, Node ${process.version}`;
const sections = [
  `# The engine's speed

${machine}; native kernels for ${level ?? 'none'}; load average ${load} at the end. ${threads} threads, batch ${batch}, ${rounds} rounds in
which every contender in turn makes the steps that begin within half a second; medians of images per second, and of the ratios
round by round; beside them the ratio of the fastest turns. The best PyTorch is the fastest of those in the same table${bfloat16Here ? '' : '; bfloat16, for which there are no instructions here, is left out'}. A neuron sends ${await spikesPerNeuron('lenet', batch)} spikes on average in LeNet and ${await spikesPerNeuron('vgg', batch)} in
VGG; in the published log of the paper's VGG it sends 0.66. Written by \`npm run bench:engine\`${python === undefined ? '' : ', with `SPIKELINE_PYTHON` set to a Python that has PyTorch'}.

${speedTable(rows)}`,
  await noiseCosts(batch, threads),
  await limitsSection(rows, threads),
];
const forced = process.env.SPIKELINE_BENCH_LEVEL !== undefined;
if (!forced) sections.push(...(await ownSections()));
const file = forced ? `RESULTS-${level}.md` : 'RESULTS.md';
await writeFile(join(packageRoot, 'test/bench', file), `${sections.filter(Boolean).join('\n\n')}\n`);
process.exit(0);

/** What our engine does by itself: threads, memory, waiting, and each layer's part. */
async function ownSections(): Promise<string[]> {
  const sections: string[] = [];
  if (threads > 1)
    sections.push(`## One thread and ${threads}

Steps in turn, each contender in a process of its own; medians of the ratios round by round. Beside them what as many
processes of one thread do at the same time, which share nothing.

${await scaling(batch, threads)}`);
  if (process.platform === 'linux')
    sections.push(`## Peak memory

Largest resident set of a process that trains at batch ${batch} with 2 threads, after a few steps, in 10⁶ bytes.

${await peakMemory(batch, 2, python)}`);
  sections.push(`## Waiting for images

Milliseconds; ${batch} images are read and, for VGG, cropped, flipped and lit at random by a thread of their own, up to three
batches ahead. k1B2, float32 gradients; medians, and the share of all waiting in all of the time. Only the first batch of an
epoch, which has to be made first, is left out.

${await inputWaits(batch, threads)}`);
  for (const network of ['vgg', 'lenet'] as const)
    for (const gradients of ['float32', 'int16'] as const)
      sections.push(`## A training step of ${network} at k1B2, ${gradients} gradients, one thread

${await trainingProfile(network, gradients, batch)}`);
  for (const network of ['vgg', 'lenet'] as const)
    sections.push(`## The spiking network of ${network} at k1B2 with noise, one thread

${await simulationProfile(network, batch)}`);
  return sections;
}
