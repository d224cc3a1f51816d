import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';
import type { JobStatus } from './files.js';
import { isPending, type JobName, type JobState, nameOf, type TaskJob } from './jobs.js';

/** A task's job, and what has been learnt of it. */
export interface Watched {
  readonly task: Task;
  readonly job: TaskJob;
  /** What Slurm said last. */
  state?: JobState;
  /** Since when it is over without a word: files of other hosts may come late. */
  overSince?: number;
  /** Since when it has said that its task failed. */
  failedSince?: number;
  begun: boolean;
  /** What was told last of why it waits. */
  told: string;
  /** How often the daemon of its node had ended it when it was last put back into the queue. */
  endings?: number;
  shown?: JobStatus;
  /** How often it had been begun anew when it was last told that it was put back into the queue. */
  putBack?: number;
}

/** Of a task among all that were submitted. */
const placeOf = ({ id, slot }: TaskJob) => `${id}/${slot}`;

/** The jobs that a run watches, by their tasks, and what it keeps of those that it did. */
export class WatchedJobs {
  readonly #watched = new Map<TaskId, Watched>();
  /** How many tasks of each job are watched. */
  readonly #tasksIn = new Map<JobName, number>();
  readonly #over = new Set<string>();
  readonly #succeeded = new Map<number, number>();

  /** How many tasks are watched. */
  get size(): number {
    return this.#watched.size;
  }

  add(task: Task, job: TaskJob): void {
    this.#watched.set(task.id, { task, job, begun: false, told: '' });
    const name = nameOf(job);
    this.#tasksIn.set(name, (this.#tasksIn.get(name) ?? 0) + 1);
  }

  /** How many jobs of an array were seen to succeed. */
  succeeded(array: number): number {
    return this.#succeeded.get(array) ?? 0;
  }

  /** Watches no longer, as the task is done. */
  done(id: TaskId): void {
    const job = this.of(id);
    this.remove(id);
    // With all of its tasks: of those that were not all watched it is not known.
    if (job !== undefined && job.group === 1) this.#succeeded.set(job.array, this.succeeded(job.array) + 1);
  }

  /** Watches no longer: the task is over, or its job is not wanted any more. */
  remove(id: TaskId): void {
    const job = this.of(id);
    if (job === undefined) return;
    this.#over.add(placeOf(job));
    this.#watched.delete(id);
    const name = nameOf(job);
    const left = this.#tasksIn.get(name)! - 1;
    if (left > 0) this.#tasksIn.set(name, left);
    else this.#tasksIn.delete(name);
  }

  /** True if tasks of a job are watched. */
  has(job: TaskJob): boolean {
    return this.#tasksIn.has(nameOf(job));
  }

  /** The job of a task. */
  of(id: TaskId): TaskJob | undefined {
    return this.#watched.get(id)?.job;
  }

  /** True for a job that was watched, and is not wanted any more. */
  isOver(job: TaskJob): boolean {
    return this.#over.has(placeOf(job));
  }

  /** In the order in which they were added. */
  entries(): IterableIterator<Watched> {
    return this.#watched.values();
  }

  all(): TaskJob[] {
    return [...this.#watched.values()].map(({ job }) => job);
  }

  /** The arrays that they are of. */
  arrays(): number[] {
    return [...new Set(this.all().map(({ array }) => array))];
  }

  /** Tasks whose jobs have not begun. */
  pending(): Task[] {
    const pending = [...this.#watched.values()].filter(({ begun, state }) =>
      state === undefined ? !begun : isPending(state),
    );
    return pending.map(({ task }) => task);
  }
}
