import { describe, expect, it } from 'vitest';
import { conversionWork, inferenceWork, simulationWork, trainingWork } from '../../src/experiment/expected-work.js';
import type { SampleWork } from '../../src/experiment/sample-work.js';
import type { ExpectedInput } from '../../src/stage/forecast.js';

const data: ExpectedInput = {
  ...{ uses: 'dataset', parameters: { name: 'mnist' } },
  metrics: { trainImages: 1000, testImages: 200, classes: 10, shape: [28, 28, 1] },
};
const given = { network: 'lenet', precision: { k: 1, B: 2 }, batch: 300, gradients: 'float32', heldOut: 0 };
const rest = { epochs: 5, optimizer: 'adam', weightDecay: 0 };
const trained: ExpectedInput = { uses: 'train', parameters: { ...given, ...rest }, inputs: { data } };
const resumed: ExpectedInput = {
  ...{ uses: 'train', parameters: { batch: 100, gradients: 'int16', heldOut: 50, ...rest } },
  inputs: { data, checkpoint: trained },
};
const converted = (checkpoint: ExpectedInput): ExpectedInput => ({
  ...{ uses: 'snn-convert', parameters: {} },
  inputs: { checkpoint },
});

const shares = (work: ReturnType<typeof trainingWork>) =>
  work?.map(({ work, share }) => {
    const { kind, network } = work as unknown as SampleWork;
    return [kind, network.name, share];
  });

describe('what tasks will compute', () => {
  it('is for a training its whole batches, and a test after each epoch', () => {
    expect(shares(trainingWork(trained.parameters, { data }))).toEqual([
      ['train', 'lenet', 0.9],
      ['evaluate', 'lenet', 0.2],
    ]);
    // 900 of the 950 images that are not held out, in batches of 100.
    expect(shares(trainingWork(resumed.parameters, resumed.inputs!))).toEqual([
      ['train', 'lenet', 0.9],
      ['evaluate', 'lenet', 0.2],
    ]);
    const validated = trainingWork({ ...trained.parameters, validation: 400 }, { data });
    expect(shares(validated)).toEqual([
      ['train', 'lenet', 0.6],
      ['evaluate', 'lenet', 0.6],
    ]);
  });

  it('is for inference, conversion and simulation a pass over the test images', () => {
    expect(shares(inferenceWork({}, { data, checkpoint: resumed }))).toEqual([['evaluate', 'lenet', 1]]);
    expect(shares(conversionWork({}, { data, checkpoint: resumed }))).toEqual([['compare', 'lenet', 1]]);
    expect(shares(conversionWork({ compare: 50 }, { data, checkpoint: resumed }))).toEqual([
      ['compare', 'lenet', 0.25],
    ]);
    expect(conversionWork({}, { checkpoint: resumed })).toEqual([]);
    expect(conversionWork({ compare: 0 }, { data, checkpoint: resumed })).toEqual([]);
    const network = converted(resumed);
    expect(shares(simulationWork({ noise: 0.1, seed: [1, 2] }, { data, network }))).toEqual([['simulate', 'lenet', 1]]);
    // Without noise, one seed stands for both.
    expect(shares(simulationWork({ noise: 0, seed: [1, 2] }, { data, network }))).toEqual([['simulate', 'lenet', 0.5]]);
  });

  it('is not known where the pipeline does not say the network, or how many images there are', () => {
    const { metrics: _, ...unread } = data;
    const imported: ExpectedInput = { uses: 'import-checkpoint', parameters: { network: 'lenet' } };
    expect(trainingWork(trained.parameters, { data: unread })).toBeUndefined();
    expect(trainingWork(trained.parameters, {})).toBeUndefined();
    expect(trainingWork({ ...trained.parameters, network: '99C99v' }, { data })).toBeUndefined();
    expect(inferenceWork({}, { data, checkpoint: imported })).toBeUndefined();
    expect(inferenceWork({}, { data })).toBeUndefined();
    expect(simulationWork({ noise: 0, seed: 1 }, { data })).toBeUndefined();
    const float: ExpectedInput = { ...trained, parameters: { ...trained.parameters, precision: 'fp32' } };
    expect(conversionWork({}, { data, checkpoint: float })).toBeUndefined();
  });
});
