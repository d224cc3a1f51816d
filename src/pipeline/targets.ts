import type { Diagnostic } from './diagnostic.js';
import { suggestion } from './suggest.js';
import type { Pipeline, Task, TaskId } from './task.js';

/** Tasks that a `stage` or `stage@axis=label,…` names. */
export function findTargets(
  pipeline: Pipeline,
  targets: readonly string[],
): { tasks: Task[]; diagnostics: Diagnostic[] } {
  const found = new Map<TaskId, Task>();
  const diagnostics: Diagnostic[] = [];
  const mistake = (message: string, hint: string | undefined) =>
    diagnostics.push({ severity: 'error', code: 'E_TARGET', message, ...(hint === undefined ? {} : { hint }) });
  for (const target of targets) {
    const [stage, filter = ''] = target.split(/@(.*)/s) as [string, string?];
    if (!pipeline.stages.includes(stage)) {
      mistake(`There is no stage "${stage}".`, suggestion(stage, pipeline.stages));
      continue;
    }
    let tasks = pipeline.tasks.filter((task) => task.stage === stage);
    const axes = Object.keys(tasks[0]?.labels ?? {});
    for (const part of filter.split(',').filter((text) => text !== '')) {
      const [axis, label] = part.split(/=(.*)/s) as [string, string?];
      if (label === undefined || !axes.includes(axis)) {
        const hint =
          axes.length === 0 ? 'the stage has no axes' : (suggestion(axis, axes) ?? `its axes are ${axes.join(', ')}`);
        mistake(`"${target}": "${stage}" has no axis "${axis}".`, hint);
        tasks = [];
        break;
      }
      const labels = [...new Set(tasks.map((task) => task.labels[axis]!))];
      tasks = tasks.filter((task) => task.labels[axis] === label);
      if (tasks.length === 0) {
        mistake(
          `"${target}": there is no task at ${axis}=${label}.`,
          suggestion(label, labels) ?? `there are ${labels.join(', ')}`,
        );
        break;
      }
    }
    for (const task of tasks) found.set(task.id, task);
  }
  return { tasks: [...found.values()], diagnostics };
}

/** Ids of the tasks that a task takes inputs from, each once. */
export function dependenciesOf(task: Task): TaskId[] {
  const ids = Object.values(task.inputs).flatMap((input): TaskId[] => {
    if (input.kind === 'output') return [input.task];
    return input.kind === 'list' ? input.items.map((item) => item.task) : [];
  });
  return [...new Set(ids)];
}

/** The given tasks with everything they need, in the pipeline's order. */
export function withDependencies(pipeline: Pipeline, tasks: readonly Task[]): Task[] {
  const byId = new Map(pipeline.tasks.map((task) => [task.id, task]));
  const needed = new Set<TaskId>();
  const open = tasks.map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    open.push(...dependenciesOf(byId.get(id)!));
  }
  return pipeline.tasks.filter(({ id }) => needed.has(id));
}
