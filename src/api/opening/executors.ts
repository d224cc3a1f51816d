import { UserError } from '../../error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Executor, RunOptions } from '../../run/executor.js';
import { LocalExecutor } from '../../run/local/executor.js';
import type { CacheSource } from '../../store/remote/settings.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';

/** A way to run tasks that a user can choose. */
export interface ExecutorKind {
  /** As `--executor` and programs call it. */
  readonly name: string;
  /** What `--help` says behind the name. */
  readonly help?: string;
  /** @param options with the caches of which `sharing` is made, for those who run tasks elsewhere */
  open(
    pipeline: Pipeline,
    store: Store,
    options: RunOptions & { readonly caches: readonly CacheSource[] },
  ): Promise<Executor>;
  /** Where tasks would run, and what there is to say of that. Default: all of them here. */
  preview?(pipeline: Pipeline, tasks: readonly Task[]): Promise<ExecutorPreview>;
}

/** What an executor would do with tasks. */
export interface ExecutorPreview {
  readonly places: ReadonlyMap<TaskId, string>;
  /** Of tasks that would run elsewhere, each as a job of its own: how many cores each has. */
  readonly cores: ReadonlyMap<TaskId, number>;
  readonly lines: readonly string[];
}

/** All executors, the default first. A new one is added here, and nowhere else. */
export const executors: readonly ExecutorKind[] = [
  { name: 'local', open: async (pipeline, store, options) => new LocalExecutor(pipeline, store, options) },
  {
    name: 'slurm',
    help: 'for jobs on a cluster',
    open: async (...run) => (await import('./slurm.js')).slurmExecutor(...run),
    preview: async (...run) => (await import('./slurm.js')).slurmPreview(...run),
  },
];

/** @throws UserError for an executor that there is not */
export function readExecutor(name = executors[0]!.name): ExecutorKind {
  const found = executors.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = executors.map((one) => one.name).join(', ');
  throw new UserError('E_USAGE', `There is no executor "${name}".`, `known: ${known}`);
}

/**
 * How many tasks may run at a time.
 *
 * @param said the same in the words of the call
 * @throws UserError for what is no such number
 */
export function readJobs(jobs: number, said: string): number {
  if (jobs >= 1 && (Number.isInteger(jobs) || jobs === Number.POSITIVE_INFINITY)) return jobs;
  throw new UserError('E_USAGE', `${said}: it must be a whole number, 1 or more.`);
}
