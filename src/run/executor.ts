import type { Task, TaskId } from '../pipeline/task.js';
import type { TaskResult } from '../store/types.js';
import type { RunEvent } from './events.js';
import type { Sharing } from './sharing.js';

export interface RunOptions {
  /** Tasks to bring up to date, in the pipeline's order, with all they need. */
  readonly tasks: readonly Task[];
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
