import { UserError } from '../../error.js';
import { findTargets, withDependencies } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';

/** Tasks that targets name; without targets all. With what they need, in the pipeline's order. */
export function chooseTasks(
  pipeline: Pipeline,
  targets: readonly string[],
): { chosen: readonly Task[]; all: readonly Task[] } {
  if (targets.length === 0) return { chosen: pipeline.tasks, all: pipeline.tasks };
  const { tasks, diagnostics } = findTargets(pipeline, targets);
  const [first] = diagnostics;
  if (first !== undefined) throw new UserError('E_USAGE', first.message, first.hint);
  return { chosen: tasks, all: withDependencies(pipeline, tasks) };
}

/**
 * The tasks to run whether or not they are cached.
 *
 * @param all those of the call
 * @param force `true` for all of them, or targets
 */
export function forcedTasks(
  pipeline: Pipeline,
  all: readonly Task[],
  force: boolean | readonly string[] = false,
): ReadonlySet<TaskId> {
  if (typeof force === 'boolean') return new Set(force ? all.map(({ id }) => id) : []);
  return new Set(chooseTasks(pipeline, force).chosen.map(({ id }) => id));
}

/** The one task that a target names. */
export function chooseTask(pipeline: Pipeline, target: string): Task {
  const { chosen } = chooseTasks(pipeline, [target]);
  if (chosen.length === 1) return chosen[0]!;
  throw new UserError(
    'E_USAGE',
    `"${target}" stands for ${chosen.length} tasks, and one is needed.`,
    `choose one: ${chosen.map(({ id }) => id).join(' ')}`,
  );
}
