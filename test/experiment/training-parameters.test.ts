import { describe, expect, it } from 'vitest';
import { batchProblems } from '../../src/experiment/network.js';
import { readAugmentation, readOptimiser, trainingProblems } from '../../src/experiment/training-parameters.js';

const given = { optimizer: 'adam', weightDecay: 0, keep: 'last', heldOut: 0, epochs: 10 } as const;

describe('parameters of a training', () => {
  it('are refused where one needs another, or says what another says', () => {
    const of = (more: object) => trainingProblems({ ...given, ...more }).map(({ parameter }) => parameter);
    expect(of({})).toEqual([]);
    expect(of({ validation: 5, keep: 'best', patience: 2, optimizer: 'sgd', momentum: 0.5, nesterov: true })).toEqual(
      [],
    );
    expect(of({ keep: 'best', patience: 2 })).toEqual(['keep', 'patience']);
    expect(of({ validation: 5, heldOut: 5 })).toEqual(['validation']);
    expect(of({ momentum: 0.5, nesterov: true })).toEqual(['momentum', 'nesterov']);
    expect(of({ optimizer: 'sgd', momentum: 0, nesterov: true })).toEqual(['nesterov']);
    expect(of({ augment: { brightness: [3, -3] } })).toEqual(['augment']);
  });

  it('say an optimiser, and an augmentation', () => {
    expect(readOptimiser(given)).toEqual({ kind: 'adam', weightDecay: 0 });
    const sgd = { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0.1 };
    expect(readOptimiser({ optimizer: 'sgd', weightDecay: 0.1 })).toEqual(sgd);
    expect([undefined, 'none'].map((said) => readAugmentation(said as 'none'))).toEqual([undefined, {}]);
    const paper = { randomCrop: 0, flip: true, brightness: 63, contrast: [0.2, 1.8] };
    expect(readAugmentation(paper)).toEqual(readAugmentation('paper'));
    expect(readAugmentation({ contrast: 0.25 })).toEqual({ contrast: [0.75, 1.25] });
  });
});

describe('a batch', () => {
  const data = { uses: 'dataset', parameters: { name: 'mnist' } };
  const one = { network: 'lenet', batch: 1, heldOut: 0 };

  it('of one image is too few for a layer of one pixel, in a training that goes on, too', () => {
    expect(batchProblems(one, { data })).toMatchObject([
      {
        parameter: 'batch',
        message: expect.stringContaining('batch norm of the layer "conv6" sees one value') as string,
      },
    ]);
    const checkpoint = { uses: 'train', parameters: { network: 'lenet' } };
    expect(batchProblems({ batch: 1, heldOut: 0 }, { data, checkpoint })).toHaveLength(1);
    expect(batchProblems({ ...one, batch: 2 }, { data })).toEqual([]);
    // Of other images, and with other layers, there are several values.
    expect(batchProblems({ ...one, network: '16C5-P2' }, { data })).toEqual([]);
    expect(batchProblems(one, {})).toEqual([]);
  });

  it('is no larger than the images that are left to train on', () => {
    const few = { uses: 'dataset', parameters: { name: 'mnist', subset: { train: 20 } } };
    expect(batchProblems({ ...one, batch: 16, heldOut: 5 }, { data: few })).toMatchObject([
      { parameter: 'batch', message: 'There are 15 images to train on, fewer than the 16 of one batch' },
    ]);
    expect(batchProblems({ ...one, batch: 15, heldOut: 5 }, { data: few })).toEqual([]);
  });
});
