import { expect, it } from 'vitest';
import { joinSlurmSettings } from '../../../src/pipeline/check/slurm.js';
import { mistakes, pipelineOf, taskOf } from '../load.js';

it('settings of all, of a user and of a stage are joined: what is said last counts, lists are added', () => {
  const all = { partition: 'cpu', cpus: 4, extra: ['--nice'] };
  expect(joinSlurmSettings(all, undefined, { partition: 'gpu', extra: ['--exclusive'] })).toEqual({
    ...{ partition: 'gpu', cpus: 4, extra: ['--nice', '--exclusive'] },
  });
});

const stage = (sections: string) => `name: p
stages:
  a: { run: 'echo', outputs: { o: o.txt }, ${sections} }
`;

it('stages say what their jobs get, and what the next gets where one had not enough', async () => {
  const resources = 'resources: { gpus: a100:2, memory: [8GB, 16GB, 32GB], time: [1h, 1d] }';
  const task = taskOf(await pipelineOf(stage(`${resources}, slurm: { partition: gpu }`)), 'a');
  expect([task.resources, task.slurm]).toEqual([
    { gpus: 2, gpuKind: 'a100', memory: 8e9, moreMemory: [16e9, 32e9], time: 3600, moreTime: [86_400] },
    { partition: 'gpu' },
  ]);
});

it('stages say which graphics processor their engine computes on', async () => {
  for (const [gpu, resources] of [
    ['{ gpus: 1, gpu: nvidia }', { gpus: 1, gpu: 'nvidia' }],
    ['{ gpus: rtx_4090:1, gpu: RTX 4090 }', { gpus: 1, gpuKind: 'rtx_4090', gpu: 'RTX 4090' }],
  ] as const)
    expect(taskOf(await pipelineOf(stage(`resources: ${gpu}`)), 'a').resources).toEqual(resources);
});

it.each([
  ['resources: { gpu: 1 }', '"gpu" must be a part of the name of a graphics processor, such as nvidia, not 1.'],
  ["resources: { gpu: '1' }", '"gpu" must be a part of the name of a graphics processor, such as nvidia, not "1".'],
  [
    "slurm: { extra: ['--constraint a100'] }",
    'must be one option of sbatch, with = and no space: --constraint=amd, not',
  ],
  ['resources: { time: 90 }', '"time" must be a time such as 30min or 2h, or a list of them, not 90.'],
  ['resources: { memory: 8000 }', '"memory" must be an amount such as 4GB, or a list of them, not 8000.'],
  ['resources: { memory: [8000] }', 'must be an amount such as 4GB, or a list of them, not 8000.'],
])('%s is refused with what is right', async (sections, words) => {
  const said = await mistakes(stage(sections));
  expect(said).toContain(words);
  // Which would be refused as well.
  expect(said).not.toContain('quoted');
});
