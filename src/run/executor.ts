import type { Task } from '../pipeline/expand/task.js';
import type { TaskResult } from '../store/types.js';
import type { TaskId } from '../values.js';
import type { RunEvent } from './events.js';
import type { Sharing } from './share/sharing.js';

export interface RunOptions {
  /** Tasks to bring up to date, in the pipeline's order, with all they need. */
  readonly tasks: readonly Task[];
  /** Results of tasks before them, which are up to date and none of them. */
  readonly given?: ReadonlyMap<TaskId, TaskResult>;
  readonly force: ReadonlySet<TaskId>;
  readonly keepGoing: boolean;
  /** Tasks at a time at most. */
  readonly jobs: number;
  /** Results that others may have computed, or may want. */
  readonly sharing?: Sharing;
  emit(event: RunEvent): void;
}

export interface RunResult {
  readonly ran: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
  readonly interrupted: boolean;
  /** What is up to date now. */
  readonly results: ReadonlyMap<TaskId, TaskResult>;
}

/**
 * Brings tasks up to date: on this machine, or with the jobs of a cluster. Each task runs once what it needs is there;
 * what depends on one that failed is skipped; after a failure nothing else begins unless `keepGoing` is set.
 */
export interface Executor {
  /** Resolves when every task is done, has failed, or is skipped. */
  start(): Promise<RunResult>;
  /** Ends the run early: nothing new begins. */
  interrupt(): void;
  /** For those whose jobs go on after an interruption. */
  readonly cluster?: Cluster;
}

/** Jobs that run without whoever started them. */
export interface Cluster {
  /** For people, such as `Slurm`. */
  readonly name: string;
  /** The names of the jobs that are not over, as the cluster takes them. */
  readonly jobs: readonly string[];
  /** Since when the cluster has not answered: whether they go on, nobody knows. */
  readonly silentSince?: Date;
  /** The command by which a user ends them. */
  readonly cancelCall: string;
  /** Ends the jobs, and takes those that wait out of the queue. */
  cancel(): Promise<void>;
}
