import { basename, dirname } from 'node:path';
import type { SlurmCommands } from './command.js';
import { type Lineage, type SlurmFiles, type Submission, slotsOf } from './files.js';
import { isLive, type JobName, type JobState, type TaskJob } from './jobs.js';

/** A job that another call has submitted, and that is not over. */
export interface AdoptableJob {
  readonly job: TaskJob;
  readonly force: boolean;
}

type Slurm = Pick<SlurmCommands, 'queue' | 'find' | 'cluster'>;

/**
 * Finds the jobs of a pipeline that are not over, by the lineage of their tasks, and cleans away what is long over.
 * Jobs on a cluster that the user's settings don't lead to are found by what their submitter has noted.
 *
 * @param wanted the lineages that are looked for
 * @throws SlurmError where Slurm does not answer
 */
export async function adoptableJobs(
  slurm: Slurm,
  files: SlurmFiles,
  wanted: ReadonlySet<Lineage>,
): Promise<Map<Lineage, AdoptableJob>> {
  const live = await liveJobs(slurm, files);
  files.clean(new Set(live.keys()));
  const found = new Map<Lineage, AdoptableJob>();
  const elements = new Map<Submission, number>();
  const elementsOf = (submission: Submission) => {
    const { group = 1, tasks } = submission;
    const count = elements.get(submission) ?? new Set(Object.keys(tasks).map((slot) => Math.floor(+slot / group))).size;
    elements.set(submission, count);
    return count;
  };
  const add = (id: string, submission: Submission | undefined, { name }: JobState) => {
    const [array, index] = name.split('_').map(Number) as [number, number];
    if (submission === undefined) return;
    const { group = 1 } = submission;
    for (const slot of slotsOf(submission, index)) {
      const { lineage, force } = submission.tasks[slot]!;
      if (!wanted.has(lineage)) continue;
      // Its job may have others to run for a long time yet.
      if (group > 1 && files.readStatus(id, slot)?.state === 'failed') continue;
      found.set(lineage, { job: { id, array, index, slot, group, elements: elementsOf(submission) }, force });
    }
  };
  for (const [id, jobs] of live) {
    const submission = files.readSubmission(id);
    for (const job of jobs) add(id, submission, job);
  }
  // What a queue does not list is not gone: some sites have their own squeue, which is late.
  for (const id of files.ids()) {
    const array = live.has(id) ? undefined : files.arrayOf(id);
    if (array === undefined || array.cluster !== slurm.cluster) continue;
    const submission = files.readSubmission(id);
    const names = Object.entries(submission?.tasks ?? {}).flatMap(([slot, { lineage }]): JobName[] => {
      if (!wanted.has(lineage) || found.has(lineage)) return [];
      const state = files.readStatus(id, Number(slot))?.state;
      const index = Math.floor(Number(slot) / (submission!.group ?? 1));
      return state === 'done' || state === 'failed' ? [] : [`${array.array}_${index}`];
    });
    const unlisted = [...new Set(names)];
    if (unlisted.length > 0) for (const job of await slurm.find(unlisted)) if (isLive(job)) add(id, submission, job);
  }
  return found;
}

/** The pipeline's jobs that are not over, by the submission that they are of. */
async function liveJobs(slurm: Slurm, files: SlurmFiles): Promise<Map<string, JobState[]>> {
  const own = slurm.cluster;
  const noted = own === undefined ? files.ids().map((id) => files.arrayOf(id)?.cluster) : [];
  for (const cluster of new Set([own, ...noted])) {
    slurm.cluster = cluster;
    const live = new Map<string, JobState[]>();
    for (const job of await slurm.queue()) {
      if (dirname(job.folder) !== files.folder || !isLive(job)) continue;
      const id = basename(job.folder);
      const jobs = live.get(id);
      if (jobs === undefined) live.set(id, [job]);
      else jobs.push(job);
    }
    if (live.size > 0) return live;
  }
  slurm.cluster = own;
  return new Map();
}
