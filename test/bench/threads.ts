// What training gains from up to 64 threads, which few machines have: its steps are planned for so many threads, one thread
// makes all their calls, and their times are put together as the threads would share them. And what follows for trainings
// that wait: one after the other with all cores, or side by side as the runner has them. `npm run bench:threads` writes
// test/bench/THREADS.md.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { chooseNative } from '../../src/engine/wasm/native/choice.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { planTraining } from '../../src/engine/wasm/training-plan.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { firstWave, speedup } from '../../src/run/local/cores.js';
import { renderTable } from '../../src/text/table.js';
import { level } from './engine-contenders.js';
import { example, k1B2, type NetworkName } from './engine-steps.js';
import { median } from './median.js';
import { useKernels } from './own-kernels.js';

const batch = 200;
const rounds = Number(process.env.SPIKELINE_BENCH_ROUNDS ?? 11);
const counts = [1, 2, 4, 8, 16, 32, 64];
const trainings = 14;
/**
 * Milliseconds of a barrier for each thread that takes part: its counter's cache line goes from core to core, which takes
 * some 0.1 µs where they are on one chip.
 */
const barrier = 1e-4;

/** Milliseconds of processor time that this process has taken. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** Milliseconds that it takes to ask, of which each call's time has as much too much. */
function timeOfAsking(): number {
  const times = 20_000;
  const before = processorTime();
  for (let i = 0; i < times; i++) processorTime();
  return (processorTime() - before) / times;
}
const asking = timeOfAsking();

/** A training step of as many threads, in milliseconds. */
interface Step {
  /** Of all calls. */
  readonly work: number;
  /** Until the last thread is done with each phase, and past its barrier. */
  readonly phases: number;
  /** Of what one thread does before and after. */
  readonly alone: number;
}

const timeOf = ({ phases, alone }: Step) => phases + alone;

/** Puts a step of as many threads together from the calls that one makes. */
async function stepOf(name: NetworkName, threads: number): Promise<Step> {
  const network = preset(name, { precision: k1B2 });
  const { images, labels, parameters } = example(network, batch);
  const options = { batch, threads };
  const { level: compiledFor } = await chooseNative();
  const { program } = planTraining(new MemoryPlan(), network, options, compiledFor);
  let calls: number[] = [];
  const trainer = await WasmTrainer.create(network, { parameters }, options, (_, milliseconds) => {
    calls.push(Math.max(0, milliseconds - asking));
  });
  await trainer.step(images, labels, 1e-6);
  const [told, besides]: [number[][], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    calls = [];
    const before = processorTime();
    await trainer.step(images, labels, 1e-6);
    besides.push(processorTime() - before - sum(calls) - 2 * asking * calls.length);
    told.push(calls);
  }
  await trainer.close();
  const planned = program.flat(2).length;
  if (told[0]!.length !== planned) throw new Error(`A step made ${told[0]!.length} calls, but ${planned} are planned.`);
  const times = told[0]!.map((_, call) => median(told.map((round) => round[call]!)));
  let [at, phases] = [0, 0];
  for (const items of program) {
    // Each thread takes the next item when it is done with one.
    const busy = new Array<number>(threads).fill(0);
    for (const { length } of items) {
      busy[busy.indexOf(Math.min(...busy))]! += sum(times.slice(at, at + length));
      at += length;
    }
    phases += Math.max(...busy) + (threads > 1 ? barrier * threads : 0);
  }
  return { work: sum(times), phases, alone: Math.max(0, median(besides)) };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Time of trainings that the runner has begin in waves. */
function sideBySide(steps: ReadonlyMap<number, Step>, cores: number): number {
  let time = 0;
  for (let left = trainings; left > 0; ) {
    const wave = firstWave(left, cores, cores);
    time += timeBy(steps, Math.floor(cores / wave));
    left -= wave;
  }
  return time;
}

/** A step's time with any number of threads: as many as were looked at, or the next fewer. */
const timeBy = (steps: ReadonlyMap<number, Step>, threads: number): number =>
  timeOf(steps.get(counts.findLast((count) => count <= threads)!)!);

const sections: string[] = [];
await useKernels(level ?? 'wasm');
for (const name of ['lenet', 'vgg'] as const) {
  const steps = new Map<number, Step>();
  for (const threads of counts) steps.set(threads, await stepOf(name, threads));
  const one = timeOf(steps.get(1)!);
  const rows = counts.map((threads) => {
    const step = steps.get(threads)!;
    const waiting = Math.max(0, threads * timeOf(step) - step.work - threads * step.alone);
    return {
      threads: String(threads),
      step: timeOf(step).toFixed(1),
      work: step.work.toFixed(1),
      alone: step.alone.toFixed(1),
      idle: ((100 * waiting) / (threads * timeOf(step))).toFixed(0),
      speed: (one / timeOf(step)).toFixed(2),
      assumed: speedup(threads).toFixed(2),
      gain: ((trainings * timeOf(step)) / sideBySide(steps, threads)).toFixed(2),
    };
  });
  const columns = [
    { key: 'threads' },
    { key: 'step', title: 'a step' },
    { key: 'work', title: 'all calls' },
    { key: 'alone', title: 'by one thread alone' },
    { key: 'idle', title: '% waiting at barriers' },
    { key: 'speed', title: 'times as fast as one' },
    { key: 'assumed', title: 'as the runner assumes' },
    { key: 'gain', title: `${trainings} side by side: times as fast` },
  ] as const;
  const title = name === 'vgg' ? 'VGG' : 'LeNet';
  const section = `## ${title}, k1B2, float32 gradients\n\n${renderTable(rows, columns, 'md').trimEnd()}\n`;
  console.log(section);
  sections.push(section);
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
writeFileSync(
  join(packageRoot, 'test/bench/THREADS.md'),
  `# Up to 64 threads

Simulated: each step is planned for so many threads, and one makes all its calls; their times (milliseconds of processor time,
medians of ${rounds} steps, batch ${batch}) are put together as the threads would share them, phase by phase, each taking the next item when
it is done with one. A barrier counts as ${barrier * 1e3} µs for each thread. What caches and memory are to several cores at once is not in
it. The last column: ${trainings} trainings that wait, side by side as the runner has them begin, against one after the other with all
cores. ${machine}; native kernels for ${level ?? 'none'}; load average ${loadavg()[0]!.toFixed(1)} at the end. Written by \`npm run bench:threads\`.

${sections.join('\n')}`,
);
