import { expect, it } from 'vitest';
import { readableLabels } from '../../../src/cli/results/cells.js';

it('axes of maps are called by the words of their keys, and others as they are', () => {
  const axes = {
    noise: { kind: 'stuck-at-0', probability: 0.2, layers: 'conv2' },
    ...{ precision: { k: 1, B: 2 }, net: { label: 'small', channels: 8 }, rate: 0.1 },
  };
  const labels = { noise: 'kindstuck-at-0probability0.2layersconv2', precision: 'k1B2', net: 'small', rate: '0.1' };
  expect(readableLabels(labels, axes)).toEqual({ ...labels, noise: 'stuck-at-0, probability 0.2, layers conv2' });
});
