import type { Pipeline, Task } from '../pipeline/expand/task.js';
import { Planner, type TaskPlan } from '../run/plan/plan.js';
import type { Store } from '../store/store.js';
import type { TaskResult } from '../store/types.js';
import type { Metrics, TaskId } from '../values.js';

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
