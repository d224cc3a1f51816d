// What the definitions of stages say of their results: the runner knows no stage by name.

import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { OutputKind } from '../../stage/kinds.js';

/** Names of a task's outputs that are of a kind; none for commands. */
export function outputsOfKind({ action }: Task, kind: OutputKind): readonly string[] {
  if (action.kind !== 'stage') return [];
  return Object.entries(action.definition.outputs).flatMap(([name, output]) => (output.kind === kind ? [name] : []));
}

/** The tasks of a pipeline that make pages. */
export function pageTasks({ tasks }: Pipeline): readonly Task[] {
  return tasks.filter((task) => outputsOfKind(task, 'page').length > 0);
}

/** Those of the file itself, if it has any, and not those of what it includes. */
export function ownPageTasks(pipeline: Pipeline): readonly Task[] {
  const all = pageTasks(pipeline);
  const own = all.filter(({ stage }) => !stage.includes('/'));
  return own.length > 0 ? own : all;
}
