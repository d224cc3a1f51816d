// What the engine's benchmark measures of our engine: steps on a batch of an example, in this process.

import { purposes, RandomWords } from '../../src/data/random.js';
import { type EngineOptions, gradientTypes, type Parameters } from '../../src/engine/engine.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import type { Network } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { blocksOf } from '../../src/network/layers.js';
import { method } from '../../src/network/method.mjs';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { unreachable } from '../../src/unreachable.js';

export type NetworkName = 'lenet' | 'vgg';
export const k1B2 = { kind: 'quantised', k: 1, B: 2 } as const;

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

/** Seconds of a call. */
export async function timed(call: () => unknown): Promise<number> {
  const started = performance.now();
  await call();
  return (performance.now() - started) / 1e3;
}

/**
 * Seconds of a step, as it is where one follows the other: the mean of all that begin within half a second, or as many
 * milliseconds as are given. After others' turns caches are cold and threads asleep, which a step of 10 ms pays dearly, and one
 * of a second does not.
 */
export async function turnSeconds(step: () => unknown, milliseconds = 500): Promise<number> {
  const started = performance.now();
  let steps = 0;
  do {
    await step();
    steps++;
  } while (performance.now() - started < milliseconds);
  return (performance.now() - started) / 1e3 / steps;
}

/** A network's training with these gradients or in floats; its ANN; or its spiking network without or with noise. */
export const ownTasks = [...gradientTypes, 'fp32', 'ann', 'spiking', 'noisy'] as const;
export type OwnTask = (typeof ownTasks)[number];

/** What makes one step of a task. */
export async function ownStep(
  name: NetworkName,
  task: OwnTask,
  options: EngineOptions,
): Promise<() => Promise<unknown>> {
  const network = preset(name, { precision: task === 'fp32' ? { kind: 'fp32' } : k1B2 });
  const { images, labels, parameters } = example(network, options.batch);
  switch (task) {
    case 'float32':
    case 'int16':
    case 'fp32': {
      const gradients = task === 'fp32' ? 'float32' : task;
      const trainer = await wasmEngine.trainer(network, { parameters }, { ...options, gradients });
      return () => trainer.step(images, labels, 1e-6);
    }
    case 'ann': {
      const evaluator = await wasmEngine.evaluator(network, await settled(network, options.batch), options);
      return () => evaluator.evaluate(images, options.batch);
    }
    case 'spiking':
    case 'noisy': {
      const spiking = convert(network, await settled(network, options.batch)).network;
      const noise = task === 'noisy' ? { noise: [{ deletion: 0.1, insertion: 0, membrane: 0 }] } : {};
      const simulator = await wasmEngine.simulator(spiking, { ...options, ...noise });
      return () => simulator.simulate(images, options.batch, { seed: 1, firstImage: 0 });
    }
    default:
      return unreachable(task);
  }
}
