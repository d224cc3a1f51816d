import { describe, expect, it, vi } from 'vitest';
import { slurmJobs } from '../../../src/run/slurm/own-job.js';

describe('the job that a process is part of', () => {
  it.each([
    [{}, undefined],
    [{ SLURM_JOB_ID: '7' }, 'slurm-7.0'],
    [{ SLURM_JOB_ID: '7', SLURM_RESTART_COUNT: '2' }, 'slurm-7.2'],
    [{ SLURM_JOB_ID: '9', SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '3' }, 'slurm-7_3.0'],
  ])('with %j is %s', (env, own) => expect(slurmJobs(env).own).toBe(own));

  it('is asked for by its name and how often it was begun again', async () => {
    const stateOfRun = vi.fn<(job: string, restarts: number) => Promise<'alive'>>().mockResolvedValue('alive');
    const { stateOf } = slurmJobs({}, { stateOfRun });
    expect(await stateOf('slurm-7_3.2')).toBe('alive');
    expect(stateOfRun.mock.calls).toEqual([['7_3', 2]]);
    expect(await stateOf('pbs-7')).toBe('unknown');
  });
});
