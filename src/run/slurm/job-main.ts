import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '../../store/store.js';
import { warningSignal } from './arguments.js';
import { slurmCommands } from './command.js';
import { SlurmFiles, submissionIn } from './files.js';
import { SlurmJob } from './job.js';
import { say } from './job-script.js';
import type { JobName } from './jobs.js';
import { slurmJobs } from './own-job.js';

/** How long Slurm may take to end a job that it is to put back into the queue. */
const patienceMs = 300_000;

/**
 * A job: it is told where its submission lies, and by Slurm which of the tasks there is its own.
 *
 * @returns its exit code
 */
export async function jobMain([folder]: readonly string[]): Promise<number> {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index, SLURM_RESTART_COUNT: restarts = '0' } = process.env;
  const submission = folder === undefined ? undefined : submissionIn(folder);
  if (folder === undefined || submission === undefined || submission.tasks[Number(index)] === undefined) {
    say(`There is no task ${index ?? '?'} in ${folder ?? 'no folder'}: was the artifacts folder moved?`);
    return 1;
  }
  const store = Store.open(submission.artifacts, { jobs: slurmJobs() });
  const files = new SlurmFiles(store, submission.pipeline.name);
  const job = new SlurmJob(store, files, basename(folder), submission, Number(index), Number(restarts));
  process.on(warningSignal, () => job.warn());
  process.on('SIGTERM', () => job.interrupt());
  const end = await job.start();
  if (end !== 'out-of-time') return end === 'done' ? 0 : 1;
  try {
    await slurmCommands.requeue(`${array}_${index}` as JobName);
    await sleep(patienceMs);
  } catch (error) {
    // Whoever watches submits it again.
    console.error((error as Error).message);
  }
  return 1;
}
