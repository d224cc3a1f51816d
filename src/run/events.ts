import type { TaskPoint } from '../pipeline/expand/task.js';
import type { Progress } from '../stage/definition.js';
import type { TaskKey } from '../store/types.js';
import type { Metrics, TaskId } from '../values.js';

/** Why a task can't be taken from the store, down to the parameter or file that changed. */
export interface Reason {
  /** Stable code, such as `parameter`, `input`, `code`, `file`, `env`, `engine`, `new`, `missing-blob`, `forced`. */
  readonly code: string;
  /** One line for people: `epochs: 2 → 10`. */
  readonly text: string;
  /** The same in full, one by one. Values of environment variables are left out: they may be secrets. */
  readonly changes?: readonly Change[];
}

/** Something that is another than it was; without `from` it is new, without `to` it is gone. */
export interface Change {
  /** A parameter's path, an input, a source file, a package, a variable. */
  readonly name: string;
  readonly from?: unknown;
  readonly to?: unknown;
  /** Of an input: the task that makes it. */
  readonly task?: TaskId;
}

export type TaskStatus =
  | { readonly state: 'cached'; readonly key: TaskKey }
  /** It ran before, but something it depends on changed. */
  | { readonly state: 'stale'; readonly key?: TaskKey; readonly reasons: readonly Reason[] }
  /** It never ran here, or its result is gone. */
  | { readonly state: 'missing'; readonly key?: TaskKey; readonly reasons: readonly Reason[] }
  /** It failed when it last ran, and would compute the same. The reasons are those for which it has no result. */
  | {
      readonly state: 'failed';
      readonly key: TaskKey;
      readonly failure: FailureNote;
      readonly reasons: readonly Reason[];
    }
  /** An input will be made anew first: it may turn out the same, and then this task is cached. */
  | { readonly state: 'waiting'; readonly on: readonly TaskId[] };

/** A failure as users see it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Where the task's log is. */
  readonly log?: string;
  /** The last lines of it, to be read: without colours and other sequences for terminals. */
  readonly tail?: readonly string[];
}

/** How a task failed that has not run again since. */
export interface FailureNote extends Pick<Failure, 'code' | 'message'> {
  /** Of what it was to compute: with another key it is another task. */
  readonly key: TaskKey;
  /** The time, as ISO 8601 has it. */
  readonly at: string;
}

/** Everything that happens in a run. Views only consume these. */
export type RunEvent =
  | {
      readonly event: 'start';
      readonly pipeline: string;
      readonly tasks: readonly TaskPoint[];
      /** The folder of results and store. */
      readonly artifacts?: string;
      /** The cache that results are shared through, if there is one. */
      readonly remote?: { readonly name: string; readonly readOnly: boolean };
    }
  /** How many seconds tasks are expected to take, of those that are known: told once, where somebody watches. */
  | { readonly event: 'estimate'; readonly seconds: Readonly<Record<TaskId, number>> }
  /** What a task waits for: another run on the same store that computes it, or a large input that is read. */
  | { readonly event: 'task-waiting'; readonly task: TaskId; readonly message: string }
  | { readonly event: 'task-start'; readonly task: TaskId; readonly key: TaskKey; readonly reasons: readonly Reason[] }
  /** An attempt has failed; there will be another after `seconds`. */
  | {
      readonly event: 'task-retry';
      readonly task: TaskId;
      /** The attempt that failed, from 1 on, and how many there may be in all. */
      readonly attempt: number;
      readonly attempts: number;
      readonly seconds: number;
      readonly failure: Failure;
    }
  | { readonly event: 'task-progress'; readonly task: TaskId; readonly progress: Progress }
  | { readonly event: 'task-log'; readonly task: TaskId; readonly line: string }
  | {
      readonly event: 'task';
      readonly task: TaskId;
      readonly status: 'ran' | 'cached' | 'failed' | 'skipped';
      /** Of a cached task: `remote` if its result was fetched from the remote cache just now. */
      readonly from?: 'remote';
      readonly key?: TaskKey;
      readonly seconds: number;
      readonly metrics?: Metrics;
      readonly failure?: Failure;
    }
  /** How far results are on their way to the remote cache, all together. */
  | {
      readonly event: 'upload';
      /** Results that are not there yet. */
      readonly pending: number;
      /** Results that are. */
      readonly uploaded: number;
      /** Bytes so far, and in all of what is known. */
      readonly done: number;
      readonly total: number;
    }
  /** Something that is not as it should be, and that the results are none the worse for. */
  | { readonly event: 'warning'; readonly message: string; readonly hint?: string }
  /** Running tasks are asked to end; jobs of a cluster go on. */
  | { readonly event: 'interrupted'; readonly jobsGoOn?: true }
  | {
      readonly event: 'end';
      readonly ran: number;
      readonly cached: number;
      readonly failed: number;
      readonly skipped: number;
      readonly seconds: number;
      /** With a remote cache: how many of the cached were taken from it, and how many it was given. */
      readonly fetched?: number;
      readonly uploaded?: number;
    };
