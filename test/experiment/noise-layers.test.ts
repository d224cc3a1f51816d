import { expect, it } from 'vitest';
import { noiseLayerProblems } from '../../src/experiment/noise-layers.js';
import type { NoiseRequest } from '../../src/spiking/noise-kinds.js';
import type { InputOrigin } from '../../src/stage/definition.js';

const trained = (network?: unknown): InputOrigin => ({
  uses: 'train',
  parameters: network === undefined ? {} : { network },
});
const resumed = (checkpoint: InputOrigin): InputOrigin => ({ ...trained(), inputs: { checkpoint } });
const converted = (checkpoint: InputOrigin): InputOrigin => ({
  ...{ uses: 'snn-convert', parameters: {} },
  inputs: { checkpoint },
});
const noise = (layers: string | number): NoiseRequest => ({ kind: 'stuck-at-0', probability: 0.1, layers });

it('tells before a training which layers noise can’t have, whatever the training goes on from', () => {
  const lenet = converted(resumed(resumed(trained('lenet'))));
  expect(noiseLayerProblems(noise('conv9'), lenet)).toEqual([
    {
      parameter: 'noise',
      message: 'The network has no layer "conv9" that sends spikes, to have the noise "stuck-at-0".',
      hint: 'Layers that can have it: conv2 (2), conv3 (3), conv4 (4), conv5 (5), conv6 (6); or all.',
    },
  ]);
  expect(noiseLayerProblems(noise(1), lenet)).toMatchObject([
    { message: 'The layer "conv1" has real weights, but "stuck-at-0" is a fault of ternary ones.' },
  ]);
  expect(noiseLayerProblems(noise('conv6'), lenet)).toEqual([]);
  const imported = { uses: 'import-checkpoint', parameters: { network: '16C5-P2' } };
  expect(noiseLayerProblems(noise(3), converted(imported))).toHaveLength(1);
  expect(noiseLayerProblems(noise(2), converted(imported))).toEqual([]);
  expect(noiseLayerProblems(0.1, lenet)).toEqual([]);
});

it('is silent about networks that the pipeline doesn’t say', () => {
  for (const network of [
    undefined,
    converted({ uses: './own.ts', parameters: { network: 'lenet' } }),
    trained('lenet'),
  ])
    expect(noiseLayerProblems(noise('conv9'), network)).toEqual([]);
  expect(noiseLayerProblems(noise('conv9'), converted(resumed(trained('no such'))))).toEqual([]);
});
