import { purposes, RandomWords } from '../../src/data/random.js';
import type { ConvLayer, Network, Precision, Shape } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { convolutionOutput } from '../../src/network/presets.js';

export interface BlockSpec {
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly channels: number;
}

/** A network of any blocks. */
export function customNetwork(input: Shape, blocks: readonly BlockSpec[], precision: Precision, classes = 10): Network {
  let shape = input;
  const layers = blocks.map(({ kernel, stride = 1, padding = [0, 0], channels }, i): ConvLayer => {
    const geometry = { kernel, stride, padding, input: shape };
    const [height, width] = convolutionOutput(geometry);
    shape = [height, width, channels];
    const weights = i === 0 || precision.kind === 'fp32' ? 'float' : 'ternary';
    return { name: `conv${i + 1}`, ...geometry, output: shape, weights };
  });
  return { name: 'custom', input, classes, precision, layers };
}

export const quantised = (k: number, B: number): Precision => ({ kind: 'quantised', k, B });
export const fp32: Precision = { kind: 'fp32' };

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
