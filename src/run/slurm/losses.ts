import type { Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import type { Failure } from '../events.js';
import type { SlurmCommands } from './command.js';
import type { SlurmFiles } from './files.js';
import { nameOf } from './jobs.js';
import { lostJob } from './lost-jobs.js';
import { isSilence, type Patience } from './patience.js';
import type { JobEnd } from './watch.js';

/** The jobs that a run has lost. */
export class Losses {
  /** How often tasks have lost a job, by code. */
  readonly #lost = new Map<TaskId, Record<string, number>>();

  constructor(
    readonly slurm: Pick<SlurmCommands, 'cancel'>,
    readonly files: SlurmFiles,
    readonly store: Store,
    readonly patience: Patience,
  ) {}

  /** Of jobs that are over, those that are so for certain: lost ones are taken out of the queue first. */
  async sure(ends: readonly JobEnd[]): Promise<readonly JobEnd[]> {
    const lost = ends.filter(({ end }) => end === 'lost');
    if (lost.length === 0) return ends;
    try {
      await this.patience.once(() => this.slurm.cancel(lost.map(({ job }) => nameOf(job))));
      return ends;
    } catch (error) {
      // While it can't be said, they are looked at again.
      return isSilence(error) ? ends.filter(({ end }) => end !== 'lost') : ends;
    }
  }

  /** A task with what its next job is to ask for: more than those that had not enough. */
  next(task: Task): Task {
    const { E_SLURM_MEMORY: memoryLosses = 0, E_SLURM_TIMEOUT: timeLosses = 0 } = this.#lost.get(task.id) ?? {};
    const { moreMemory = [], moreTime = [] } = task.resources;
    const memory = moreMemory[Math.min(memoryLosses, moreMemory.length) - 1];
    const time = moreTime[Math.min(timeLosses, moreTime.length) - 1];
    if (memory === undefined && time === undefined) return task;
    const more = { ...(memory === undefined ? {} : { memory }), ...(time === undefined ? {} : { time }) };
    return { ...task, resources: { ...task.resources, ...more } };
  }

  /** What is to be told of a lost job, and which attempt that was, if there is to be another. */
  learn({ task, job, status, state, said }: JobEnd & { readonly end: 'lost' }): {
    readonly failure: Failure;
    readonly attempt?: number;
  } {
    const version = status?.key === undefined ? undefined : this.store.resumePoint(status.key).version();
    const advanced = version !== undefined && version !== status?.resume;
    const { failure, again } = lostJob(
      { job: nameOf(job), state, status, advanced, said, grouped: job.group > 1 },
      task.resources,
    );
    const lost = this.#lost.get(task.id) ?? {};
    const count = (lost[failure.code] ?? 0) + 1;
    this.#lost.set(task.id, { ...lost, [failure.code]: count });
    if (count <= again) return { failure, attempt: Object.values(lost).reduce((sum, n) => sum + n, 1) };
    const output = this.files.pathOf(job.id, `${job.index}.out`);
    return {
      failure: failure.code === 'E_SLURM_JOB' ? { ...failure, hint: `What it wrote is in ${output}` } : failure,
    };
  }
}
