import { purposes, RandomWords } from '../../src/data/random.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network, Precision, Shape } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { type BlockDescription, chainLayers, convolutionOutput } from '../../src/network/layers.js';
import { method } from '../../src/network/method.mjs';

export interface BlockSpec {
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly channels: number;
  /** Float weights in spite of a quantised network; the first block has them anyway. */
  readonly float?: boolean;
}

/** A network of any blocks. */
export function customNetwork(input: Shape, blocks: readonly BlockSpec[], precision: Precision, classes = 10): Network {
  let shape = input;
  const described = blocks.map(
    ({ kernel, stride = 1, padding = [0, 0], channels, float = false }, i): BlockDescription => {
      const geometry = { kernel, stride, padding, input: shape };
      const [height, width] = convolutionOutput(geometry);
      shape = [height, width, channels];
      const weights = i === 0 || float || precision.kind === 'fp32' ? 'float' : 'ternary';
      return { name: `conv${i + 1}`, ...geometry, output: shape, weights };
    },
  );
  return { name: 'custom', input, classes, precision, layers: chainLayers(described, input, classes) };
}

export const quantised = (k: number, B: number): Precision => ({ kind: 'quantised', k, B });
export const fp32: Precision = { kind: 'fp32' };

/** Blocks of the paper's VGG, few enough of them to be tested fast. */
export const smallVgg = (precision: Precision): Network =>
  customNetwork(
    [12, 12, 3],
    [
      { kernel: [3, 3], padding: [1, 1], channels: 64 },
      { kernel: [3, 3], padding: [1, 1], channels: 64 },
      { kernel: [2, 2], stride: 2, channels: 128 },
      { kernel: [3, 3], padding: [1, 1], channels: 128 },
      { kernel: [6, 6], channels: 64 },
    ],
    precision,
  );

/** Parameters as training leaves them: γ and β of any size and sign. */
export function liveParameters(network: Network, seed: number): Map<string, Float32Array> {
  const parameters = initialParameters(network, seed);
  const words = new RandomWords({ seed, purpose: purposes.sample, stream: 7 });
  for (const [name, values] of parameters) {
    if (name.endsWith('.gamma')) for (let i = 0; i < values.length; i++) values[i] = 0.5 + words.uniform();
    if (name.endsWith('.beta')) for (let i = 0; i < values.length; i++) values[i] = words.uniform() - 0.3;
    if (name.endsWith('.mean')) for (let i = 0; i < values.length; i++) values[i] = words.uniform() - 0.5;
    if (name.endsWith('.variance')) for (let i = 0; i < values.length; i++) values[i] = 0.2 + 4 * words.uniform();
  }
  return parameters;
}

/** Parameters after steps at rate 0: nothing but the running statistics moves, a part of the way with each. */
async function restingParameters(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
  batch: number,
  steps: number,
): Promise<Map<string, Float32Array>> {
  // Bits are the same for any number of threads, and of one none waits.
  const trainer = await WasmTrainer.create(network, { parameters }, { batch, threads: 1 });
  for (let step = 0; step < steps; step++) await trainer.step(images, new Int32Array(batch), 0);
  const moved = await trainer.parameters();
  await trainer.close();
  return moved;
}

/**
 * The same with the batch's own statistics as the running ones, so that every layer has neurons between silence and
 * saturation: what γ and β see is then normalised, as in a trained network.
 */
export async function normalisedParameters(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
  batch: number,
): Promise<Map<string, Float32Array>> {
  const normalised = await restingParameters(network, parameters, images, batch, 1);
  const { runningShare } = method;
  for (const [name, values] of normalised) {
    const least = { mean: Number.NEGATIVE_INFINITY, variance: 0.01 }[name.split('.').at(-1)!];
    if (least === undefined) continue;
    for (const [c, before] of parameters.get(name)!.entries())
      values[c] = Math.max(least, (values[c]! - runningShare * before) / (1 - runningShare));
  }
  return normalised;
}

/** Nearly the same, by many steps: golden hashes, and the seeds of the engines' contract, are of these. */
export async function settledParameters(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
  batch: number,
): Promise<Map<string, Float32Array>> {
  // Of their start, 1.5 % is left.
  return restingParameters(network, parameters, images, batch, 40);
}

/** Images of values in [0, 1), a third of them 0, and labels. */
export function batchOf(network: Network, count: number, seed: number) {
  const words = new RandomWords({ seed, purpose: purposes.sample, stream: 1 });
  const [height, width, channels] = network.input;
  const images = Float32Array.from({ length: count * height * width * channels }, () =>
    Math.max(0, 1.5 * words.uniform() - 0.5),
  );
  const labels = Int32Array.from({ length: count }, () => words.below(network.classes));
  return { images, labels };
}

/** One image of a batch in double precision. */
export function imageOf(network: Network, images: Float32Array, index: number): Float64Array {
  const size = network.input[0] * network.input[1] * network.input[2];
  return Float64Array.from(images.subarray(index * size, (index + 1) * size));
}
