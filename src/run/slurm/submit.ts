import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdBuild } from '../../files/build-use.js';
import { buildFolder } from '../../paths.js';
import type { SlurmSettings } from '../../pipeline/check/slurm.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import type { TaskIdentity } from '../plan/identity.js';
import { quote } from '../process/command.js';
import { arrayIndices, dependencyOptions, resourceOptions } from './arguments.js';
import { type ArrayPlace, type ArrayPlan, planArrays, stageSets } from './arrays.js';
import { type SlurmCommands, SlurmError } from './command.js';
import { type Lineage, plainTask, type SlurmFiles, type Submission } from './files.js';
import { isLive, type JobName, type JobState } from './jobs.js';

/** A task's job. */
export interface TaskJob {
  /** Of the submission. */
  readonly id: string;
  readonly array: number;
  readonly index: number;
}

/** What is known of a task before it has a key. */
export interface TaskLineage {
  readonly lineage: Lineage;
  readonly identity: TaskIdentity;
}

/** Seconds before Slurm is asked again when it does not answer; in all about four minutes. */
const delays = [1, 2, 4, 8, 15, 30, 60, 60, 60];

export const nameOf = ({ array, index }: TaskJob): JobName => `${array}_${index}`;

/** Gives tasks jobs. */
export class Submitter {
  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly files: SlurmFiles,
    readonly slurm: Pick<SlurmCommands, 'queue' | 'submit'>,
    readonly options: {
      readonly settings: SlurmSettings;
      readonly caches: Submission['caches'];
      readonly force: ReadonlySet<TaskId>;
      /** Tasks at a time at most, of each array. */
      readonly jobs: number;
    },
    readonly taskLineage: (id: TaskId) => TaskLineage,
  ) {}

  /** Jobs that other calls have submitted, and that are not over, by lineage. Forced tasks only take forced ones. */
  async adoptable(): Promise<(task: Task) => TaskJob | undefined> {
    const queue = await patiently(() => this.slurm.queue());
    const ours = queue.filter((job) => dirname(job.folder) === this.files.folder);
    const inQueue = ours.filter(isLive);
    this.files.clean(new Set(inQueue.map(({ folder }) => basename(folder))));
    const found = new Map<Lineage, { readonly job: TaskJob; readonly force: boolean }>();
    for (const [id, jobs] of groupByFolder(inQueue)) {
      const submission = this.files.readSubmission(id);
      for (const { name } of jobs) {
        const [array, index] = name.split('_').map(Number) as [number, number];
        const task = submission?.tasks[index];
        if (task !== undefined) found.set(task.lineage, { job: { id, array, index }, force: task.force });
      }
    }
    return ({ id }) => {
      const there = found.get(this.taskLineage(id).lineage);
      return there !== undefined && (there.force || !this.options.force.has(id)) ? there.job : undefined;
    };
  }

  /**
   * Submits tasks, what depends on others after those.
   *
   * @param tasks in topological order
   * @param jobOf jobs of the tasks before them that are not done
   * @param submitted is told of each task as soon as it has a job
   * @param refused is told of tasks that Slurm does not take
   */
  async submit(
    tasks: readonly Task[],
    jobOf: (id: TaskId) => TaskJob | undefined,
    submitted: (task: Task, job: TaskJob) => void,
    refused: (task: Task, error: SlurmError) => void,
  ): Promise<void> {
    const without = new Set<TaskId>();
    for (const set of stageSets(tasks)) {
      const possible = set.filter((task) => !dependenciesOf(task).some((id) => without.has(id)));
      for (const { id } of set) if (!possible.some((task) => task.id === id)) without.add(id);
      for (const plan of planArrays(possible, (id): ArrayPlace<number> | undefined => jobOf(id)))
        try {
          const { id, array } = await this.#submitArray(plan);
          for (const { index, task } of plan.tasks) submitted(task, { id, array, index });
        } catch (error) {
          if (!(error instanceof SlurmError) || error.code === 'E_SLURM_MISSING') throw error;
          for (const { task } of plan.tasks) {
            without.add(task.id);
            refused(task, error);
          }
        }
    }
  }

  async #submitArray(plan: ArrayPlan<number>): Promise<{ readonly id: string; readonly array: number }> {
    const id = randomUUID();
    holdBuild('jobs');
    this.files.writeSubmission(id, this.#submission(plan), jobScript(this.files.pathOf(id)));
    const { task } = plan.tasks[0]!;
    const { settings, jobs } = this.options;
    const indices = arrayIndices(plan.tasks.map(({ index }) => index));
    const options = [
      `--array=${indices}${Number.isFinite(jobs) ? `%${jobs}` : ''}`,
      `--job-name=${this.pipeline.name}/${task.stage}`,
      `--chdir=${this.pipeline.folder}`,
      // A percent sign stands for something there.
      `--output=${join(this.files.pathOf(id).replaceAll('%', '%%'), '%a.out')}`,
      '--open-mode=append',
      '--requeue',
      ...dependencyOptions(plan),
      ...resourceOptions(task.resources, settings),
    ];
    const script = this.files.pathOf(id, 'job.sh');
    const array = await patiently(
      () => this.slurm.submit(script, options),
      // It may have taken the script without being able to say so.
      async () => {
        const job = (await this.slurm.queue()).find(({ folder }) => folder === this.files.pathOf(id));
        return job === undefined ? undefined : Number(job.name.split('_')[0]);
      },
    );
    return { id, array };
  }

  #submission({ tasks }: ArrayPlan<number>): Submission {
    const { name, file, folder } = this.pipeline;
    const byId = new Map(this.pipeline.tasks.map((task) => [task.id, task]));
    const makers = [...new Set(tasks.flatMap(({ task }) => dependenciesOf(task)))];
    return {
      type: 'spikeline-slurm/1',
      submittedAt: new Date().toISOString(),
      pipeline: { name, file, folder },
      artifacts: this.store.folder,
      caches: this.options.caches,
      tasks: Object.fromEntries(
        tasks.map(({ index, task }) => {
          const { lineage, identity } = this.taskLineage(task.id);
          const { parts, code } = identity;
          const force = this.options.force.has(task.id);
          return [index, { task: plainTask(task), lineage, parts, force, ...(code === undefined ? {} : { code }) }];
        }),
      ),
      makers: Object.fromEntries(
        makers.map((id) => [id, { task: plainTask(byId.get(id)!), lineage: this.taskLineage(id).lineage }]),
      ),
    };
  }
}

function jobScript(folder: string): string {
  const words = [process.execPath, join(buildFolder, 'slurm-job.js'), folder];
  return `#!/bin/sh\nexec ${words.map(quote).join(' ')}\n`;
}

function groupByFolder(jobs: readonly JobState[]): Map<string, JobState[]> {
  const groups = new Map<string, JobState[]>();
  for (const job of jobs) groups.set(basename(job.folder), [...(groups.get(basename(job.folder)) ?? []), job]);
  return groups;
}

/** Asks again while Slurm does not answer, as while its controller is started anew. */
async function patiently<T>(ask: () => Promise<T>, lookFirst?: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; ; attempt++)
    try {
      const found = attempt > 0 ? await lookFirst?.() : undefined;
      return found ?? (await ask());
    } catch (error) {
      const delay = delays[attempt];
      if (!(error instanceof SlurmError) || error.code !== 'E_SLURM_DOWN' || delay === undefined) throw error;
      await sleep(delay * 1e3);
    }
}
