// Who takes part in the engine's benchmark: each can make one step on a batch, and says how many seconds it took.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { purposes, RandomWords } from '../../src/data/random.js';
import type { GradientType, Parameters } from '../../src/engine/engine.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import type { Network } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { blocksOf } from '../../src/network/layers.js';
import { method } from '../../src/network/method.mjs';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { onnxContender } from './engine-onnx.js';
import { startTurns } from './turns.js';

export interface Contender {
  readonly name: string;
  /** Seconds of one step. */
  step(): number | Promise<number>;
  close(): void | Promise<void>;
}

/** A contender in a process of its own. */
export interface ProcessContender extends Contender {
  /** Its largest resident set so far. Linux only. */
  peakBytes(): number;
}

type NetworkName = 'lenet' | 'vgg';
const fp32 = { kind: 'fp32' } as const;
export const k1B2 = { kind: 'quantised', k: 1, B: 2 } as const;

const runtime = process.env.SPIKELINE_ONNXRUNTIME;

/** Batch norm's β at which a neuron sends about 0.66 spikes on average, as in the logs of the paper's CIFAR-10 network. */
const beta = -0.12;

/** Random images and labels, and parameters at which neurons fire about as often as in trained networks. */
export function example(network: Network, batch: number) {
  const [height, width, channels] = network.input;
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream: 0 });
  // LeNet sees pixels from 0 to 1, many of them black; VGG sees standardised values.
  const pixel = () => (channels === 1 ? Math.max(0, 2 * words.uniform() - 1) : 3.4 * words.uniform() - 1.7);
  const images = Float32Array.from({ length: batch * height * width * channels }, pixel);
  const labels = Int32Array.from({ length: batch }, () => words.below(network.classes));
  const parameters = initialParameters(network, 1);
  for (const [name, values] of parameters) if (name.endsWith('.beta')) values.fill(beta);
  return { images, labels, parameters };
}

/** The parameters with running statistics as they are after many batches of these images, so that inference fires as training does. */
export async function settled(network: Network, batch: number): Promise<Parameters> {
  const { images, labels, parameters } = example(network, batch);
  const trainer = await wasmEngine.trainer(network, { parameters }, { batch, threads: 1 });
  await trainer.step(images, labels, 0);
  const after = await trainer.parameters();
  await trainer.close();
  const limit = (name: string, values: Float32Array) => {
    const before = parameters.get(name)!;
    return values.map((value, i) => before[i]! + (value - before[i]!) / (1 - method.runningShare));
  };
  return new Map([...after].map(([name, values]) => [name, /mean|variance/.test(name) ? limit(name, values) : values]));
}

/** Spikes that a neuron of the spiking network sends on average. */
export async function spikesPerNeuron(name: NetworkName, batch: number): Promise<string> {
  const network = preset(name, { precision: k1B2 });
  const spiking = convert(network, await settled(network, batch)).network;
  const simulator = await wasmEngine.simulator(spiking, { batch, threads: 1 });
  const { counts } = await simulator.simulate(example(network, batch).images, batch);
  await simulator.close();
  const spikes = counts.reduce((sum, layer) => sum + layer.spikes, 0);
  const neurons = blocksOf(network).reduce(
    (sum, { output: [height, width, channels] }) => sum + height * width * channels,
    0,
  );
  return (spikes / (neurons * batch)).toFixed(2);
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Seconds of a call. */
export async function timed(call: () => unknown): Promise<number> {
  const started = performance.now();
  await call();
  return (performance.now() - started) / 1e3;
}

interface Options {
  readonly batch: number;
  readonly threads: number;
}
type Task = 'training' | 'inference';

/** What a ternary network does on our engine: training with these gradients, or spiking without or with noise. */
export type TernaryTask = GradientType | 'spiking' | 'noisy';
const titles: Readonly<Record<TernaryTask, string>> = {
  float32: 'k1B2, float32 gradients',
  int16: 'k1B2, int16 gradients',
  spiking: 'k1B2, spiking',
  noisy: 'k1B2, spiking, noise 0.1',
};

/** A ternary network on our engine, in this process. */
export async function ternaryContender(name: NetworkName, task: TernaryTask, options: Options): Promise<Contender> {
  const network = preset(name, { precision: k1B2 });
  if (task !== 'spiking' && task !== 'noisy') return training(titles[task], network, task, options);
  const { images } = example(network, options.batch);
  const spiking = convert(network, await settled(network, options.batch)).network;
  const simulator = await wasmEngine.simulator(spiking, options);
  const noise = task === 'noisy' ? { probability: 0.1, seed: 1, firstImage: 0 } : undefined;
  const call = () => simulator.simulate(images, options.batch, noise);
  return warm(titles[task], call, () => simulator.close());
}

/** Networks in floating point on our engine; and in ONNX Runtime, where SPIKELINE_ONNXRUNTIME names the folder that it is in. */
export async function floatContenders(name: NetworkName, task: Task, options: Options): Promise<Contender[]> {
  if (task === 'training') return [await training('fp32', preset(name, { precision: fp32 }), 'float32', options)];
  const network = preset(name, { precision: k1B2 });
  const { images } = example(network, options.batch);
  const trained = await settled(network, options.batch);
  const evaluator = await wasmEngine.evaluator(network, trained, options);
  const evaluate = () => evaluator.evaluate(images, options.batch);
  const ours = await warm('k1B2, ANN in floating point', evaluate, () => evaluator.close());
  return runtime === undefined
    ? [ours]
    : [ours, await onnxContender(runtime, network, trained, images, options.threads)];
}

async function training(
  label: string,
  network: Network,
  gradients: GradientType,
  options: Options,
): Promise<Contender> {
  const { images, labels, parameters } = example(network, options.batch);
  const trainer = await wasmEngine.trainer(network, { parameters }, { ...options, gradients });
  return warm(
    label,
    () => trainer.step(images, labels, 1e-6),
    () => trainer.close(),
  );
}

/** A contender whose first step is made. */
async function warm(
  name: string,
  call: () => Promise<unknown>,
  close: Contender['close'] = () => undefined,
): Promise<Contender> {
  await call();
  return { name, step: () => timed(call), close };
}

interface Ask {
  readonly network: NetworkName;
  readonly task: Task;
  readonly threads: number;
  readonly batch: number;
}

/** A ternary network on our engine in a process of its own. */
export async function wasmContender(
  task: TernaryTask,
  { network, threads, batch }: Omit<Ask, 'task'>,
): Promise<ProcessContender> {
  const options = [join(packageRoot, '.build/dev/bench-wasm.js'), network, task, String(threads), String(batch)];
  return (await otherProcess(process.execPath, options, () => titles[task]))!;
}

/** PyTorch in a process of its own; undefined where it can't run. */
export function torchContender(
  python: string,
  mode: 'eager' | 'compile',
  ask: Ask,
): Promise<ProcessContender | undefined> {
  const script = join(packageRoot, 'test/peers/torch_steps.py');
  const task = ask.task === 'training' ? 'train' : 'infer';
  const options = [ask.network, 'k1B2', task, String(ask.threads), String(ask.batch), mode];
  return otherProcess(python, [script, ...options], (version) => `PyTorch ${version}, k1B2 in floats, ${mode}`);
}

/** The TensorFlow engine in a process of its own; undefined where its library is not installed. */
export function tensorFlowContender({ network, task, threads, batch }: Ask): Promise<ProcessContender | undefined> {
  const script = join(packageRoot, '.build/dev/bench-tensorflow.js');
  const options = [network, task, String(threads), String(batch)];
  return otherProcess(process.execPath, [script, ...options], (version) => `TensorFlow ${version}, k1B2 in floats`);
}

/** A program that prints a step's seconds for each line that it reads. */
async function otherProcess(
  command: string,
  options: readonly string[],
  title: (version: string) => string,
): Promise<ProcessContender | undefined> {
  const other = await startTurns(command, options);
  if (other === undefined) return undefined;
  return {
    name: title(other.version),
    step: async () => Number(await other.turn()),
    peakBytes() {
      const status = readFileSync(`/proc/${other.pid}/status`, 'utf8');
      return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]);
    },
    close: other.close,
  };
}
