import { expect, it } from 'vitest';
import { exportOption, slurmEnvironment } from '../../../src/run/slurm/environment.js';

it("Slurm's programs see where Slurm is and where jobs go, and nothing that changes what they are asked", () => {
  const kept = { PATH: '/bin', SLURM_CONF: '/etc/slurm.conf', SBATCH_ACCOUNT: 'lab', SLURM_CLUSTERS: 'other' };
  const cleared = {
    ...{ SQUEUE_PARTITION: 'debug', SQUEUE_STATES: 'R', SBATCH_WAIT: '1', SBATCH_ARRAY_INX: '3', SCANCEL_STATE: 'PD' },
    ...{ SACCT_LOCAL: '1', SCONTROL_ALL: '1', SLURM_JOB_ID: '7', SLURM_MEM_PER_NODE: '100', SLURM_BITSTR_LEN: '10' },
  };
  expect(slurmEnvironment({ ...kept, ...cleared, GONE: undefined })).toEqual({ ...kept, SLURM_BITSTR_LEN: '0' });
});

it.each([
  [[], {}, []],
  [['--export=ALL,A=1'], { SBATCH_EXPORT: 'NONE' }, ['--export=ALL,A=1']],
  [[], { SBATCH_EXPORT: 'NONE' }, ['--export=NONE']],
  [[], { SBATCH_EXPORT: 'NONE', SEED: '1', HOME: '/' }, ['--export=SEED']],
  [
    ['--export=NONE'],
    { SEED: '1', SPIKELINE_REMOTE: 'x', https_proxy: 'y' },
    ['--export=SEED,SPIKELINE_REMOTE,https_proxy'],
  ],
  [['--export=HOME'], { SEED: '1' }, ['--export=HOME,SEED']],
])('with the options %j and the environment %j, jobs of a task that declares SEED get %j', (options, env, expected) =>
  expect(exportOption(options, env, ['SEED'])).toEqual(expected),
);
