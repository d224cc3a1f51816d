import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/error.js';
import { decodeSafetensors, encodeSafetensors, type TensorFile } from '../../src/formats/safetensors.js';
import { elements } from '../../src/formats/shape.js';
import type { Network } from '../../src/network/architecture.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/network/checkpoint.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { randomNumbers } from './random-network.js';

const lenet = preset('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });

function tensors(
  network: Network,
  seed: number,
  only = (_: { trainable: boolean }) => true,
): Map<string, Float32Array> {
  const random = randomNumbers(seed);
  return new Map(
    parameterShapes(network)
      .filter(only)
      .map(({ name, shape }) => [name, Float32Array.from({ length: elements(shape) }, () => random())]),
  );
}

const trained: Checkpoint = {
  network: lenet,
  parameters: tensors(lenet, 1),
  optimizer: {
    kind: 'adam',
    step: 30,
    beta1Power: 0.9 ** 30,
    beta2Power: 0.999 ** 30,
    m: tensors(lenet, 2, ({ trainable }) => trainable),
    v: tensors(lenet, 3, ({ trainable }) => trainable),
  },
  epoch: 1,
  seed: 42,
  training: { rates: [1e-3, 1e-4], batch: 200 },
};

/** The bytes of a checkpoint after a change to its tensors or metadata. */
function changed(
  change: (file: { tensors: Map<string, unknown>; metadata: Record<string, string> }) => void,
): Uint8Array {
  const file = decodeSafetensors(encodeCheckpoint(trained), 'file');
  const copy = { tensors: new Map<string, unknown>(file.tensors), metadata: { ...file.metadata } };
  change(copy);
  return encodeSafetensors(copy as unknown as TensorFile);
}

function changedNetwork(change: (network: { -readonly [K in keyof Network]: never }) => void): Uint8Array {
  return changed(({ metadata }) => {
    const network = JSON.parse(metadata.network!);
    change(network);
    metadata.network = JSON.stringify(network);
  });
}

describe('checkpoints', () => {
  it('are read back as they were written', () => {
    expect(decodeCheckpoint(encodeCheckpoint(trained), 'file')).toEqual(trained);
  });

  it('hold the velocities of SGD in the same way', () => {
    const optimizer = { kind: 'sgd', m: tensors(lenet, 2, ({ trainable }) => trainable) } as const;
    const checkpoint = { ...trained, optimizer };
    const bytes = encodeCheckpoint(checkpoint);
    expect(decodeCheckpoint(bytes, 'file')).toEqual(checkpoint);
    expect([...decodeSafetensors(bytes, 'file').tensors.keys()]).toContain('sgd.m.conv2.weight');
  });

  it('need neither optimiser nor notes', () => {
    const { network, parameters, epoch, seed } = trained;
    const bare = { network, parameters, epoch, seed };
    expect(decodeCheckpoint(encodeCheckpoint(bare), 'file')).toEqual(bare);
  });

  it('are the same bytes whatever the order of notes and tensors', () => {
    const reordered: Checkpoint = {
      ...trained,
      parameters: new Map([...trained.parameters].reverse()),
      training: { batch: 200, rates: [1e-3, 1e-4] },
    };
    expect(Buffer.compare(encodeCheckpoint(reordered), encodeCheckpoint(trained))).toBe(0);
  });

  const weight = { shape: [256, 10], data: new Float32Array(2560) };
  it.each<[string, Uint8Array, string]>([
    [
      'another format',
      changed(({ metadata }) => delete metadata.format),
      'its metadata name the format null instead of "spikeline-checkpoint/1"',
    ],
    ['no network', changed(({ metadata }) => delete metadata.network), 'it does not describe its network'],
    [
      'a wrong description',
      changedNetwork((network) => Object.assign(network, { classes: 0 })),
      'the description of its network is wrong at "classes"',
    ],
    [
      'an impossible precision',
      changedNetwork((network) => Object.assign(network, { precision: { kind: 'quantised', k: 9, B: 1 } })),
      'k = 9 and B = 1 give 512 levels, but at most 255 are possible',
    ],
    [
      'layers that do not follow on each other',
      changedNetwork((network) => Object.assign(network, { input: [27, 28, 1] })),
      'the layer "conv1" takes 28×28×1, but is given 27×28×1',
    ],
    ['a missing tensor', changed((file) => file.tensors.delete('conv2.gamma')), 'the tensor "conv2.gamma" is missing'],
    [
      'a missing moment',
      changed((file) => file.tensors.delete('adam.v.dense.weight')),
      'the tensor "adam.v.dense.weight" is missing',
    ],
    [
      'another type',
      changed((file) => file.tensors.set('dense.weight', { ...weight, data: new Float64Array(2560) })),
      'the tensor "dense.weight" is not of type F32',
    ],
    [
      'another shape',
      changed((file) => file.tensors.set('dense.weight', { ...weight, shape: [10, 256] })),
      'the tensor "dense.weight" has the shape [10, 256] instead of [256, 10]',
    ],
    [
      'values that are no numbers',
      changed((file) => file.tensors.set('dense.weight', { ...weight, data: weight.data.map(() => Number.NaN) })),
      'the tensor "dense.weight" holds NaN or infinity',
    ],
    [
      'a negative variance',
      changed((file) => file.tensors.set('conv1.variance', { shape: [16], data: new Float32Array(16).fill(-1) })),
      'the tensor "conv1.variance" holds a negative variance',
    ],
    ['a tensor too many', changed((file) => file.tensors.set('more', weight)), 'its network has no tensor "more"'],
    [
      'a wrong epoch',
      changed(({ metadata }) => Object.assign(metadata, { epoch: '1.5' })),
      'its metadata "epoch" are not a whole number',
    ],
    [
      'a wrong optimiser',
      changed(({ metadata }) => Object.assign(metadata, { adam: '{"step":1}' })),
      'its metadata "adam" lack "beta1Power"',
    ],
  ])('with %s are refused', (_, bytes, problem) => {
    expect(() => decodeCheckpoint(bytes, 'resume.safetensors')).toThrow(
      new UserError('E_CHECKPOINT', `resume.safetensors is not a checkpoint that can be used: ${problem}.`),
    );
  });
});
