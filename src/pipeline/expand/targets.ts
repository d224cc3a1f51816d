import { suggestion } from '../../schema/suggest.js';
import { valuesOf } from '../../schema/words.js';
import type { TaskId } from '../../values.js';
import { valueText } from '../check/axes.js';
import { pointParts } from '../check/reference.js';
import type { Diagnostic } from '../text/diagnostic.js';
import type { Pipeline, Task } from './task.js';

/** Tasks that a `stage` or `stage@axis=label,…` names; a value itself is as good as its label. */
export function findTargets(
  pipeline: Pipeline,
  targets: readonly string[],
): { tasks: Task[]; diagnostics: Diagnostic[] } {
  const found = new Map<TaskId, Task>();
  const diagnostics: Diagnostic[] = [];
  const mistake = (message: string, hint: string | undefined) =>
    diagnostics.push({ severity: 'error', code: 'E_TARGET', message, ...(hint === undefined ? {} : { hint }) });
  for (const target of targets) {
    const [stage, filter] = target.split(/@(.*)/s) as [string, string?];
    if (!pipeline.stages.includes(stage)) {
      mistake(`There is no stage "${stage}".`, suggestion(stage, pipeline.stages));
      continue;
    }
    const selected = selectTasks(pipeline, stage, target, filter, mistake);
    for (const task of selected) found.set(task.id, task);
  }
  return { tasks: [...found.values()], diagnostics };
}

/** Tasks of a stage at the labels that `axis=label,…` asks for; without a filter all of them. */
function selectTasks(
  pipeline: Pipeline,
  stage: string,
  target: string,
  filter: string | undefined,
  mistake: (message: string, hint: string | undefined) => void,
): readonly Task[] {
  const all = pipeline.tasks.filter((task) => task.stage === stage);
  if (filter === undefined) return all;
  let tasks = all;
  const [first] = all;
  const axes = Object.keys(first!.labels);
  const refuse = (message: string, hint: string | undefined): readonly Task[] => {
    mistake(message, quotesHint(all, stage, filter) ?? hint);
    return [];
  };
  if (filter === '')
    return refuse(`"${target}" names no point.`, `write ${stage} for all of its tasks, or such as ${first!.id}`);
  const seen = new Set<string>();
  for (const { axis, label } of pointParts(filter)) {
    if (!axes.includes(axis)) {
      const hint = axes.length === 0 ? 'the stage has no axes' : suggestion(axis, axes);
      return refuse(`"${target}": "${stage}" has no axis "${axis}".`, hint);
    }
    if (label === undefined) return refuse(`"${target}": a point is axis=label.`, `such as ${first!.id}`);
    if (seen.has(axis)) return refuse(`"${target}" says the axis "${axis}" twice.`, 'give each as a target of its own');
    seen.add(axis);
    const labels = new Set(tasks.map((task) => task.labels[axis]!));
    const called = tasks.filter((task) => task.labels[axis] === label);
    tasks = called.length > 0 ? called : tasks.filter((task) => valueText(task.axes[axis]!) === label);
    if (tasks.length === 0) return refuse(`"${target}": there is no task at ${axis}=${label}.`, valuesOf([...labels]));
  }
  return tasks;
}

/** How to write a value whose comma has split it. */
function quotesHint(tasks: readonly Task[], stage: string, filter: string): string | undefined {
  for (const { axes } of tasks)
    for (const [axis, value] of Object.entries(axes)) {
      const text = valueText(value);
      if (!text.includes(',') || !`,${filter},`.includes(`,${axis}=${text},`)) continue;
      return `a value with a comma stands in double quotes: '${stage}@${axis}=${JSON.stringify(text)}'`;
    }
  return undefined;
}

/** Ids of the tasks that a task takes inputs from, each once. */
export function dependenciesOf(task: Task): TaskId[] {
  const ids = new Set<TaskId>();
  for (const input of Object.values(task.inputs))
    if (input.kind === 'output') ids.add(input.task);
    else if (input.kind === 'list') for (const { task } of input.items) ids.add(task);
  return [...ids];
}

/** Those of some tasks that take inputs from a task, or from one that does. @param tasks in topological order */
export function tasksBelow(tasks: readonly Task[], { id }: Task): Task[] {
  const ids = new Set([id]);
  return tasks.filter((task) => {
    const isBelow = dependenciesOf(task).some((id) => ids.has(id));
    if (isBelow) ids.add(task.id);
    return isBelow;
  });
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
