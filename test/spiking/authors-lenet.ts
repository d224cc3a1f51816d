// The authors' published LeNet, 200 images, and what their own simulator gives for them: fixtures/make.py made the files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIdx } from '../../src/data/formats/idx.js';
import { importCheckpoint } from '../../src/exchange/import.js';
import type { NpyData } from '../../src/formats/npy.js';
import type { Network } from '../../src/network/architecture.js';
import { packageRoot } from '../../src/paths.js';
import { readNpz } from './npz.js';

const inputs = join(packageRoot, 'pipelines/data/authors-lenet');
const expectations = join(import.meta.dirname, 'fixtures');

export const checkpointFile = join(inputs, 'model_mnist.npz');

export async function authorsParameters(lenet: Network): Promise<ReadonlyMap<string, Float32Array>> {
  return (await importCheckpoint(readFileSync(checkpointFile), lenet, checkpointFile)).checkpoint.parameters;
}

/** 200 images of 784 values in 0…1, one after the other. */
export function authorsImages(): Float32Array {
  const { data } = decodeIdx(readFileSync(join(inputs, 'images-idx3-ubyte.gz')), 'images');
  return Float32Array.from(data, (pixel) => pixel / 256);
}

export interface SimulatorCounts {
  readonly spikes_per_layer: readonly number[];
  readonly spike_num_total: number;
  readonly sops_per_layer_2to6: readonly number[];
  readonly sop_num_total: number;
  readonly predictions: readonly number[];
  readonly logits_first3: readonly (readonly number[])[];
}

export function simulatorCounts(): SimulatorCounts {
  return JSON.parse(readFileSync(join(expectations, 'authors-lenet.json'), 'utf8')) as SimulatorCounts;
}

/** Logits of all images, and the spikes of the first eight in each neuron. */
export const simulatorArrays = () => readNpz(join(expectations, 'authors-lenet.npz'));

/** SHA-256 of each array of the published network as NumPy's one array a name. */
export function weightDigests(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(expectations, 'authors-lenet-weights.json'), 'utf8')) as Record<string, string>;
}

export function digestOf({ buffer, byteOffset, byteLength }: NpyData): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}
