import type { Jobs } from '../../store/lock.js';
import { type SlurmCommands, slurmCommands } from './command.js';

/** The names under which jobs of Slurm hold locks: `slurm-123_4.0`, the last number being how often it was begun again. */
const pattern = /^slurm-(\d+(?:_\d+)?)\.(\d+)$/;

/** Slurm, as it is asked for processes on other hosts. Where it is not there, nothing is known. */
export function slurmJobs(
  env: Readonly<Record<string, string | undefined>> = process.env,
  slurm: Pick<SlurmCommands, 'stateOfRun'> = slurmCommands,
): Jobs {
  const own = ownJob(env);
  return {
    ...(own === undefined ? {} : { own }),
    stateOf: async (job) => {
      const [, name, restarts] = pattern.exec(job) ?? [];
      return name === undefined ? 'unknown' : slurm.stateOfRun(name, Number(restarts));
    },
  };
}

function ownJob(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { SLURM_JOB_ID: job, SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index } = env;
  if (job === undefined) return undefined;
  // The number of an array is that of one of its jobs as well: only with the index is it clear which is meant.
  return `slurm-${array === undefined ? job : `${array}_${index}`}.${env.SLURM_RESTART_COUNT ?? 0}`;
}
