import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { holdBuild } from '../../files/build-use.js';
import { joinSlurmSettings, type SlurmSettings } from '../../pipeline/check/slurm.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import type { TaskIdentity } from '../plan/identity.js';
import { adoptableJobs } from './adoption.js';
import { arrayIndices, dependencyOptions, resourceOptions } from './arguments.js';
import { type ArrayPlace, type ArrayPlan, planArrays, stageSets } from './arrays.js';
import { type SlurmCommands, SlurmError } from './command.js';
import { exportOption } from './environment.js';
import { type Lineage, type Maker, plainTask, type SlurmFiles, type Submission } from './files.js';
import { jobScript } from './job-script.js';
import type { TaskJob } from './jobs.js';
import { isSilence, type Patience } from './patience.js';

/** What is known of a task before it has a key. */
export interface TaskLineage {
  readonly lineage: Lineage;
  readonly identity: TaskIdentity;
}

/** Who is told of what becomes of tasks. */
export interface Submissions {
  /** Jobs of tasks before those that are submitted, as far as they are not done. */
  jobOf(id: TaskId): TaskJob | undefined;
  /** How many jobs of an array have succeeded, as far as this run has seen it. */
  succeeded(array: number): number;
  /** Arrays of this run that are not over. */
  liveArrays(): readonly number[];
  submitted(task: Task, job: TaskJob): void;
  /** Slurm does not take it, and never will. */
  refused(task: Task, error: SlurmError): void;
  /** There is no room for it, or Slurm does not answer. What depends on it is held as well. */
  held(task: Task, error: SlurmError): void;
}

/** Bytes of an option: Linux takes no argument of more than 128 KiB. */
const longestOption = 120_000;

/** How many jobs are submitted at a time, which halves where there is no room for so many; and what said that. */
interface Room {
  atATime: number;
  full?: SlurmError;
}

/** Gives tasks jobs. */
export class Submitter {
  #largestArray: number | undefined;
  readonly #byId: ReadonlyMap<TaskId, Task>;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly files: SlurmFiles,
    readonly slurm: Pick<SlurmCommands, 'queue' | 'find' | 'submit' | 'largestArray' | 'cluster'>,
    readonly patience: Patience,
    readonly options: {
      readonly settings: SlurmSettings;
      readonly caches: Submission['caches'];
      readonly force: ReadonlySet<TaskId>;
      /** Tasks at a time at most. */
      readonly jobs: number;
    },
    readonly taskLineage: (id: TaskId) => TaskLineage,
    readonly stops: {
      /** Aborted when nothing more is to be submitted. */
      readonly soon: AbortSignal;
      /** Aborted when not even the call in progress is to be waited for. */
      readonly now: AbortSignal;
    },
  ) {
    this.#byId = new Map(pipeline.tasks.map((task) => [task.id, task]));
  }

  /** Jobs that other calls have submitted, and that are not over. Forced tasks only take forced ones. */
  async adoptable(tasks: readonly Task[]): Promise<(task: Task) => TaskJob | undefined> {
    const wanted = new Set(tasks.map(({ id }) => this.taskLineage(id).lineage));
    const found = await this.patience.ask(() => adoptableJobs(this.slurm, this.files, wanted), this.stops.soon);
    return ({ id }) => {
      const there = found.get(this.taskLineage(id).lineage);
      return there !== undefined && (there.force || !this.options.force.has(id)) ? there.job : undefined;
    };
  }

  /**
   * Submits tasks, what depends on others after those, as many as Slurm has room for.
   *
   * @param tasks in topological order
   * @param atATime jobs that there is likely to be room for
   */
  async submit(tasks: readonly Task[], submissions: Submissions, atATime = Number.POSITIVE_INFINITY): Promise<void> {
    const { soon } = this.stops;
    this.#largestArray ??= await this.patience.ask(() => this.slurm.largestArray(), soon);
    const without = new Set<TaskId>();
    const room: Room = { atATime };
    for (const set of stageSets(tasks)) {
      const possible: Task[] = [];
      for (const task of set)
        if (dependenciesOf(task).some((id) => without.has(id))) without.add(task.id);
        else possible.push(task);
      const placeOf = (id: TaskId): ArrayPlace<number> | undefined => submissions.jobOf(id);
      const { group = 1 } = this.#settingsOf(set[0]!);
      for (const plan of planArrays(possible, placeOf, { largest: this.#largestArray, group })) {
        const left = await this.#submitPlan(plan, submissions, room);
        for (const { id } of left) without.add(id);
        if (soon.aborted) return;
      }
    }
  }

  /** @returns the tasks that have no job */
  async #submitPlan(plan: ArrayPlan<number>, to: Submissions, room: Room): Promise<readonly Task[]> {
    let { jobs } = plan;
    while (jobs.length > 0 && !this.stops.soon.aborted) {
      if (room.full !== undefined && room.atATime < 1) {
        for (const task of tasksOf(jobs)) to.held(task, room.full);
        break;
      }
      const part = jobs.slice(0, room.atATime);
      try {
        const { id, array, group } = await this.#submitArray({ ...plan, jobs: part }, to);
        const about = { id, array, group, elements: part.length };
        for (const { index, tasks } of part)
          for (const [k, task] of tasks.entries()) to.submitted(task, { ...about, index, slot: index * group + k });
        jobs = jobs.slice(part.length);
      } catch (error) {
        if (!(error instanceof SlurmError) || error.code === 'E_SLURM_MISSING') throw error;
        if (this.stops.soon.aborted) break;
        // With no other job there, a rule that forbids a single one is not about their number.
        const alone = part.length === 1 && to.liveArrays().length === 0;
        if (error.code === 'E_SLURM' || (error.code === 'E_SLURM_POLICY' && alone)) {
          for (const task of tasksOf(jobs)) to.refused(task, error);
          break;
        }
        room.full = error;
        room.atATime = isSilence(error) ? 0 : part.length >> 1;
      }
    }
    return tasksOf(jobs);
  }

  async #submitArray(
    plan: ArrayPlan<number>,
    to: Submissions,
  ): Promise<{ readonly id: string; readonly array: number; readonly group: number }> {
    const id = randomUUID();
    holdBuild('jobs');
    const task = plan.jobs[0]!.tasks[0]!;
    const { jobs } = this.options;
    const settings = this.#settingsOf(task);
    const group = Math.max(...plan.jobs.map(({ tasks }) => tasks.length));
    const indices = arrayIndices(plan.jobs.map(({ index }) => index));
    const limited = Number.isFinite(jobs);
    const options = [
      `--array=${indices}${limited ? `%${jobs}` : ''}`,
      `--job-name=${this.pipeline.name}/${task.stage}`,
      `--chdir=${this.pipeline.folder}`,
      // A percent sign stands for something there.
      `--output=${join(this.files.pathOf(id).replaceAll('%', '%%'), '%a.out')}`,
      '--open-mode=append',
      '--requeue',
      // Slurm limits arrays, and no set of them: so they follow one another.
      ...this.#dependencies(plan, limited ? to.liveArrays() : [], to),
      ...resourceOptions(task.resources, settings, group),
      ...exportOption(settings.extra ?? [], process.env, task.env),
    ];
    this.files.writeSubmission(id, this.#submission(plan, group, to), jobScript(this.files.pathOf(id), settings));
    const script = this.files.pathOf(id, 'job.sh');
    const { soon, now } = this.stops;
    const submit = () => this.slurm.submit(script, options, now);
    // It may have taken the script without being able to say so.
    const lookFirst = async () => {
      const job = (await this.slurm.queue()).find(({ folder }) => folder === this.files.pathOf(id));
      return job === undefined ? undefined : Number(job.name.split('_')[0]);
    };
    try {
      const array = await this.patience.ask(submit, soon, lookFirst);
      this.files.noteArray(id, array, this.slurm.cluster);
      return { id, array, group };
    } catch (error) {
      // What Slurm has refused leaves nothing behind; what it may have taken is found by the next call.
      if (error instanceof SlurmError && !isSilence(error)) this.files.remove(id);
      throw error;
    }
  }

  /** @throws SlurmError `E_SLURM_LIMIT` where there are too many to be named in a call */
  #dependencies(plan: ArrayPlan<number>, ended: readonly number[], to: Submissions): string[] {
    const options = dependencyOptions(plan, ended, (array) => to.succeeded(array));
    if (options.every((option) => option.length < longestOption)) return options;
    const message = `It would wait for ${plan.after.length} jobs of arrays that others have a part in.`;
    throw new SlurmError('E_SLURM_LIMIT', message);
  }

  #settingsOf(task: Task): SlurmSettings {
    return joinSlurmSettings(this.options.settings, task.slurm);
  }

  #submission({ jobs }: ArrayPlan<number>, group: number, to: Submissions): Submission {
    const { name, file, folder } = this.pipeline;
    const makers = [...new Set(tasksOf(jobs).flatMap(dependenciesOf))];
    const submitted = (task: Task) => {
      const { lineage, identity } = this.taskLineage(task.id);
      const { parts, code } = identity;
      const force = this.options.force.has(task.id);
      return { task: plainTask(task), lineage, parts, force, ...(code === undefined ? {} : { code }) };
    };
    return {
      type: 'spikeline-slurm/1',
      submittedAt: new Date().toISOString(),
      pipeline: { name, file, folder },
      artifacts: this.store.folder,
      caches: this.options.caches,
      ...(group > 1 ? { group } : {}),
      tasks: Object.fromEntries(
        jobs.flatMap(({ index, tasks }) => tasks.map((task, k) => [index * group + k, submitted(task)])),
      ),
      makers: Object.fromEntries(makers.map((id) => [id, this.#maker(id, to)])),
    };
  }

  #maker(id: TaskId, to: Submissions): Maker {
    const job = to.jobOf(id);
    const where = job === undefined ? {} : { job: { id: job.id, slot: job.slot } };
    return { task: plainTask(this.#byId.get(id)!), lineage: this.taskLineage(id).lineage, ...where };
  }
}

function tasksOf(jobs: ArrayPlan<number>['jobs']): Task[] {
  return jobs.flatMap(({ tasks }) => tasks);
}
