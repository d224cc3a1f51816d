import type { Network } from '../../src/network/architecture.js';
import { type BlockDescription, chainLayers } from '../../src/network/layers.js';

const block: BlockDescription = {
  ...{ name: 'conv1', kernel: [1, 1], stride: 1, padding: [0, 0], input: [1, 1, 1], output: [1, 1, 1] },
  weights: 'float',
};

/** One block of 1×1 from one channel to one, and two classes. */
export const tiny: Network = {
  name: 'tiny',
  input: [1, 1, 1],
  classes: 2,
  precision: { kind: 'quantised', k: 0, B: 1 },
  layers: chainLayers([block], [1, 1, 1], 2),
};

export const tinyParameters: ReadonlyMap<string, Float32Array> = new Map([
  ['conv1.weight', Float32Array.of(1.5)],
  ['conv1.gamma', Float32Array.of(3)],
  ['conv1.beta', Float32Array.of(2)],
  ['conv1.mean', Float32Array.of(4)],
  ['conv1.variance', Float32Array.of(5)],
  ['dense.weight', Float32Array.of(-1, 0.25)],
]);
