import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetCode } from '../../stage/fingerprint.js';
import { Store } from '../../store/store.js';
import { warningSignal } from './arguments.js';
import { slurmCommands } from './command.js';
import { SlurmFiles, slotsOf, submissionIn } from './files.js';
import { SlurmJob } from './job.js';
import { say } from './job-script.js';
import type { JobName } from './jobs.js';
import { slurmJobs } from './own-job.js';

/** How long Slurm may take to end a job that it is to put back into the queue. */
const patienceMs = 300_000;

/**
 * A job: it is told where its submission lies, and by Slurm which of the tasks there are its own.
 *
 * @returns its exit code
 */
export async function jobMain([folder]: readonly string[]): Promise<number> {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index, SLURM_RESTART_COUNT: restarts = '0' } = process.env;
  const submission = folder === undefined ? undefined : submissionIn(folder);
  const slots = submission === undefined ? [] : slotsOf(submission, Number(index));
  if (folder === undefined || submission === undefined || slots.length === 0) {
    say(`There is no task ${index ?? '?'} in ${folder ?? 'no folder'}: was the artifacts folder moved?`);
    return 1;
  }
  const store = Store.open(submission.artifacts, { jobs: slurmJobs() });
  const files = new SlurmFiles(store, submission.pipeline.name);
  let job: SlurmJob | undefined;
  process.on(warningSignal, () => job?.warn());
  process.on('SIGTERM', () => job?.interrupt());
  let failed = 0;
  for (const slot of slots) {
    // Code that has changed since the last task began is seen.
    forgetCode();
    job = new SlurmJob(store, files, basename(folder), submission, slot, Number(restarts));
    const end = await job.start();
    if (end === 'interrupted') return 1;
    if (end === 'out-of-time') return goOnInAnother(`${array}_${index}` as JobName);
    if (end === 'failed') failed++;
  }
  // As long as one has succeeded there may be jobs that wait for that one, and Slurm would give them up: of jobs of two arrays
  // that wait for each other by their indices it knows no other condition than success (`aftercorr`). Those that wait for what
  // failed learn of it from its status.
  return failed === slots.length ? 1 : 0;
}

/** Puts the job back into the queue. */
async function goOnInAnother(name: JobName): Promise<number> {
  try {
    await slurmCommands.requeue(name);
    await sleep(patienceMs);
  } catch (error) {
    // Whoever watches submits it again.
    console.error((error as Error).message);
  }
  return 1;
}
