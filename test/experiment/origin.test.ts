import { describe, expect, it } from 'vitest';
import {
  conversionProblems,
  imageProblems,
  knownNetwork,
  knownSpikingNetwork,
  resumeProblems,
} from '../../src/experiment/origin.js';
import type { InputOrigin } from '../../src/stage/definition.js';

type Parameters = InputOrigin['parameters'];
const data = (name: string, more: Parameters = {}): InputOrigin => ({ uses: 'dataset', parameters: { name, ...more } });
const trained = (parameters: Parameters, inputs: Record<string, InputOrigin> = {}): InputOrigin => ({
  ...{ uses: 'train', parameters, inputs },
});
const lenet = trained({ network: 'lenet', k: 1, B: 2 }, { data: data('mnist') });
const vgg = trained({ network: 'vgg', precision: 'fp32' }, { data: data('cifar10') });
const converted = (checkpoint: InputOrigin): InputOrigin => ({
  ...{ uses: 'snn-convert', parameters: {} },
  inputs: { checkpoint },
});

describe('what is known of a network before it is trained', () => {
  it('is what the training says that began with it', () => {
    const resumed = trained({ epochs: 2 }, { checkpoint: trained({}, { checkpoint: lenet }), data: data('mnist') });
    for (const origin of [lenet, resumed])
      expect(knownNetwork(origin)).toMatchObject({
        ...{ plan: { name: 'lenet' }, precision: { kind: 'quantised', k: 1, B: 2 }, input: [28, 28, 1] },
      });
    expect(knownSpikingNetwork(converted(resumed))).toEqual(knownNetwork(resumed));
    expect(knownNetwork(vgg)).toMatchObject({ precision: { kind: 'fp32' }, input: [24, 24, 3], crop: 24 });
    const images = { network: '16C5-P2', images: [30, 40, 2] };
    expect(knownNetwork({ uses: 'import-checkpoint', parameters: images })).toMatchObject({ input: [30, 40, 2] });
    const own = data('mine', { shape: [8, 8, 1] });
    expect(knownNetwork(trained({ network: '16C5-P2' }, { data: own }))).toMatchObject({ input: [8, 8, 1] });
  });

  it('is nothing where the pipeline doesn’t say', () => {
    const silent = [undefined, data('mnist'), trained({}), { uses: './own.ts', parameters: { network: 'lenet' } }];
    for (const origin of silent) expect(knownNetwork(origin)).toEqual({});
    expect(knownNetwork(trained({ network: 'no such' }))).toEqual({});
    expect(knownSpikingNetwork(lenet)).toEqual({});
    expect(imageProblems({}, data('mnist'))).toEqual([]);
    expect(imageProblems(knownNetwork(lenet), undefined)).toEqual([]);
    expect(conversionProblems({})).toEqual([]);
    expect(resumeProblems({ network: 'vgg', precision: 'fp32', crop: 3 }, undefined)).toEqual([]);
  });
});

describe('what would fail after a training', () => {
  it.each([
    [lenet, 'mnist', undefined],
    [lenet, 'kmnist', undefined],
    [lenet, 'cifar10', 'The network takes images of 28×28×1, but the images of cifar10 are 32×32×3'],
    [vgg, 'svhn', undefined],
    [vgg, 'mnist', 'The network takes crops of 24×24×3, but the images of mnist are 28×28×1'],
  ])('is images of another shape', (network, name, message) => {
    const expected = message === undefined ? [] : [expect.objectContaining({ input: 'data', message })];
    expect(imageProblems(knownNetwork(network), data(name))).toEqual(expected);
  });

  it('is a conversion of a network that isn’t quantised, or whose hidden layers aren’t', () => {
    expect(conversionProblems(knownNetwork(lenet))).toEqual([]);
    expect(conversionProblems(knownNetwork(vgg))).toMatchObject([{ input: 'checkpoint' }]);
    const float = [
      { conv: 16, kernel: 5 },
      { dense: 8, weights: 'float' },
    ];
    expect(conversionProblems(knownNetwork(trained({ network: float, k: 1, B: 2 })))).toMatchObject([
      { input: 'checkpoint', message: expect.stringContaining('Layer 2 of the network has float weights') },
    ]);
  });

  it('is a training that says otherwise than its checkpoint', () => {
    const told = (given: Parameters, checkpoint: InputOrigin) =>
      resumeProblems(given, checkpoint).map(({ parameter, message }) => `${parameter}: ${message}`);
    expect(told({ network: 'lenet', precision: { k: 1, B: 2 } }, lenet)).toEqual([]);
    expect(told({ crop: 24, precision: 'fp32' }, vgg)).toEqual([]);
    expect(told({ network: 'vgg', k: 1, B: 4, crop: 24 }, lenet)).toEqual([
      "network: The checkpoint's network is lenet, and this stage asks for vgg",
      "k: The checkpoint's precision is k1B2, and this stage asks for k1B4",
      "crop: The checkpoint's crop is none, and this stage asks for 24",
    ]);
    expect(told({ precision: 'fp32' }, lenet)).toEqual([
      "precision: The checkpoint's precision is k1B2, and this stage asks for fp32",
    ]);
  });
});
