import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineNotice, withEngine } from '../../../src/api/opening/engine.js';
import { engineNamed } from '../../../src/engine/engines.js';
import { choosing } from '../../../src/engine/processor-choice.js';
import { chosenAdapter } from '../../../src/engine/webgpu/adapters.js';
import { defineStage } from '../../../src/stage/definition.js';
import { command, pipelineOf, plainStage, stageTask } from '../../run/examples.js';

/** A machine with two graphics processors, as the process that asks for them tells. */
vi.mock('../../../src/engine/probe.js', async (original) => ({
  ...(await original<object>()),
  askProbe: async (_program: string, _died: unknown, { SPIKELINE_GPU = '1' }: Readonly<Record<string, string>>) => {
    const choices = ['Intel UHD 770', 'NVIDIA H200'];
    const listed = choices.map((name) => ({ backend: 'vulkan', name }));
    const { name: adapter } = chosenAdapter(listed, SPIKELINE_GPU);
    return Promise.resolve({ packages: { webgpu: '1.2.3' }, adapter, largestTensor: 1e9, choices });
  },
}));

afterEach(() => vi.unstubAllEnvs());

const training = defineStage({ ...plainStage, usesEngine: ['train'] });
/** A stage for any engine, for which the file says which graphics processor. */
const trains = (id: string, gpu?: string) =>
  stageTask(id, 'train', training, gpu === undefined ? {} : { resources: { gpus: 1, gpu } });

const devices = async (...tasks: Parameters<typeof pipelineOf>[1]) => {
  const { pipeline, mistakes } = await withEngine(pipelineOf('.', tasks), 'webgpu');
  expect(mistakes).toEqual([]);
  return pipeline.tasks.map(({ resources }) => resources.device);
};

describe('tasks on graphics processors', () => {
  it('have that which their stage names, and take turns on it by whichever name', async () => {
    const tasks = [trains('a'), trains('b', 'nvidia'), trains('c', 'h200'), trains('d', 'intel'), command('e')];
    expect(await devices(...tasks)).toEqual([
      ...['Intel UHD 770', 'NVIDIA H200', 'NVIDIA H200', 'Intel UHD 770'],
      undefined,
    ]);
  });

  it('have that of the environment, whatever their stage names', async () => {
    vi.stubEnv('SPIKELINE_GPU', '2');
    expect(await devices(trains('a'), trains('b', 'intel'))).toEqual(['NVIDIA H200', 'NVIDIA H200']);
    expect(choosing('intel')).toEqual({ SPIKELINE_GPU: '2' });
    vi.stubEnv('SPIKELINE_GPU', '');
    expect([choosing('intel'), choosing()]).toEqual([{ SPIKELINE_GPU: 'intel' }, {}]);
  });

  it('have its name in their keys', async () => {
    const { libraries } = engineNamed('webgpu').identity;
    expect(await libraries!('nvidia')).toEqual({ webgpu: '1.2.3', adapter: 'NVIDIA H200' });
    expect(await libraries!()).toEqual({ webgpu: '1.2.3', adapter: 'Intel UHD 770' });
  });

  it('are told by the processor', async () => {
    const { pipeline } = await withEngine(pipelineOf('.', [trains('a'), trains('b', 'h200'), trains('c')]), 'webgpu');
    const packages = 'tensors up to 1 GB (webgpu 1.2.3)';
    expect(await engineNotice(pipeline)).toBe(
      `Intel UHD 770; ${packages} computes a, c.\nNVIDIA H200; ${packages} computes b.`,
    );
  });

  it('of which a stage names one that is not there are mistakes of the file, each once', async () => {
    const tasks = [trains('a@n=1', 'radeon'), trains('a@n=2', 'radeon'), trains('b', 'apple'), trains('c', 'intel')];
    const { mistakes } = await withEngine(pipelineOf('.', tasks), 'webgpu');
    expect(mistakes).toMatchObject([
      { code: 'E_GPU_CHOICE', message: 'There is no graphics processor "radeon".', range: { file: 'pipeline.yaml' } },
      { code: 'E_GPU_CHOICE', message: 'There is no graphics processor "apple".' },
    ]);
    expect(mistakes[0]!.hint).toContain('There are: 1 Intel UHD 770, 2 NVIDIA H200.');
  });

  it('of which the environment names one that is not there are mistakes of the call', async () => {
    vi.stubEnv('SPIKELINE_GPU', 'radeon');
    await expect(devices(trains('a', 'intel'))).rejects.toMatchObject({ code: 'E_GPU_CHOICE' });
  });

  it('are none of other engines, which take no notice of names', async () => {
    const { pipeline, mistakes } = await withEngine(pipelineOf('.', [trains('a', 'radeon')]), 'wasm');
    expect([pipeline.tasks[0]!.resources, mistakes]).toEqual([{ gpus: 1, gpu: 'radeon' }, []]);
  });
});
