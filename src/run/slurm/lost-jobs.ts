import type { ResourceRequest } from '../../stage/definition.js';
import type { Failure } from '../events.js';
import type { SlurmError } from './command.js';
import type { JobStatus } from './files.js';
import type { JobName } from './jobs.js';

/** A job that ended without having said how its task did. */
export interface LostJob {
  readonly failure: Failure;
  /** How often the task is given another job for such a reason. */
  readonly again: number;
}

/** What is known of a job that ended before its task did. */
export interface LostAbout {
  readonly job: JobName;
  /** Slurm's word for it; undefined if Slurm does not know the job any more. */
  readonly state?: string | undefined;
  /** What the job said last. */
  readonly status?: JobStatus | undefined;
  /** True if the task left a checkpoint that it had not when the job began. */
  readonly advanced: boolean;
  /** Why it could not even begin with its task. */
  readonly said?: string | undefined;
  /** True if it was to run other tasks as well. */
  readonly grouped?: boolean;
}

/** States of jobs that one of their tasks has brought about. */
const byTask = new Set(['OUT_OF_MEMORY', 'TIMEOUT', 'DEADLINE', 'FAILED']);

/** What is to be made of a lost job. @param resources what there is more of for its task */
export function lostJob(
  { job, state, status, advanced, said, grouped = false }: LostAbout,
  { moreMemory = [], moreTime = [] }: ResourceRequest,
): LostJob {
  const lost = (again: number, code: string, message: string, hint?: string): LostJob => ({
    failure: {
      ...{ code, message: `Job ${job} ${message}.`, ...(hint === undefined ? {} : { hint }) },
      // What the task wrote until then.
      ...(status?.failure?.log === undefined ? {} : { log: status.failure.log }),
      ...(status?.failure?.tail === undefined ? {} : { tail: status.failure.tail }),
    },
    again,
  });
  if (said !== undefined) {
    const hint =
      'Nodes that lack it can be left out: `slurm: { extra: [--exclude=…] }`; `modules` and `setup` may make it available.';
    return { failure: { code: 'E_SLURM_START', message: `Job ${job} could not begin. ${said}`, hint }, again: 0 };
  }
  // It was another task of the job that took too much: as often as there are such tasks, perhaps.
  if (grouped && status === undefined && byTask.has(state ?? ''))
    return lost(100, 'E_SLURM_GROUP', 'ended before this task had its turn');
  const longer = 'Give it more with `resources: { time: … }`.';
  switch (status?.state === 'requeued' ? 'TIMEOUT' : state) {
    case 'TIMEOUT':
    case 'DEADLINE':
      // Bounded all the same: a checkpoint that is only written anew is no progress.
      if (advanced) return lost(100, 'E_SLURM_TIMEOUT', 'exceeded its time limit, and left a checkpoint to go on from');
      return lost(
        moreTime.length,
        'E_SLURM_TIMEOUT',
        'exceeded its time limit, with no checkpoint to go on from',
        longer,
      );
    case 'PREEMPTED':
      return lost(20, 'E_SLURM_PREEMPTED', 'was preempted by another one');
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return lost(3, 'E_SLURM_NODE', 'was lost with its node');
    case 'CANCELLED':
    case 'REVOKED':
      return lost(1, 'E_SLURM_CANCELLED', 'was cancelled', 'Run again to submit it once more.');
    case 'OUT_OF_MEMORY':
      return lost(
        moreMemory.length,
        'E_SLURM_MEMORY',
        'ran out of memory',
        'Ask for more with `resources: { memory: … }`.',
      );
    case 'COMPLETED':
    case undefined:
      return lost(
        1,
        'E_SLURM_LOST',
        'is over, and reported nothing and left no result',
        'Is the store on a shared file system?',
      );
    default:
      return lost(0, 'E_SLURM_JOB', `ended as ${state}, and reported nothing`, 'Its output may say why.');
  }
}

/** What Slurm does not take. */
export function refusal({ message }: SlurmError): Failure {
  const hint = 'What is asked for comes from `resources:`, and from `slurm:` in the pipeline or in your configuration.';
  return { code: 'E_SLURM_SUBMIT', message: `Slurm does not take its job. ${message}`, hint };
}
