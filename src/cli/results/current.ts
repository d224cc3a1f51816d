import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { Planner, type TaskPlan } from '../../run/plan/planner.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { Cell } from '../../text/table.js';
import type { Metrics, TaskId } from '../../values.js';

type Plans = ReadonlyMap<TaskId, TaskPlan>;

/** Metrics of the tasks whose results are in the store and up to date. */
export async function currentMetrics(pipeline: Pipeline, store: Store): Promise<ReadonlyMap<TaskId, Metrics>> {
  return metricsOf(await new Planner(pipeline, store).plan());
}

/** The same of a plan that was made before. */
export function metricsOf(plans: Plans): ReadonlyMap<TaskId, Metrics> {
  return new Map([...resultsOf(plans)].map(([id, { metrics }]) => [id, metrics]));
}

/** Results of the tasks that are up to date. */
export function resultsOf(plans: Plans): ReadonlyMap<TaskId, TaskResult> {
  return new Map([...plans].flatMap(([id, { result }]) => (result === undefined ? [] : [[id, result] as const])));
}

/** A task's axes and metrics for tables: the scalar ones. */
export function scalarMetrics(metrics: Metrics): Record<string, number | string | boolean> {
  return Object.fromEntries(
    Object.entries(metrics).filter(
      (entry): entry is [string, number | string | boolean] => typeof entry[1] !== 'object',
    ),
  );
}

export function tasksOfStage(pipeline: Pipeline, stage: string): readonly Task[] {
  return pipeline.tasks.filter((task) => task.stage === stage);
}

type Kind = 'axis' | 'metric';

/** Cells under keys that tell an axis from a metric of the same name. */
export function marked(kind: Kind, cells: Readonly<Record<string, Cell>>): Record<string, Cell> {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [`${kind} ${name}`, cell]));
}

/** The plain name; of an axis that is called like a metric, with the word before it, so that no two headings are the same. */
export function titleOf(key: string, keys: readonly string[]): string {
  const name = key.slice(key.indexOf(' ') + 1);
  return key === `axis ${name}` && keys.includes(`metric ${name}`) ? key : name;
}
