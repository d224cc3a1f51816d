import type { Pipeline } from '../../pipeline/expand/task.js';
import { Planner, type TaskPlan } from '../../run/plan/planner.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { Metrics, TaskId } from '../../values.js';

type Plans = ReadonlyMap<TaskId, TaskPlan>;

/** Results of the tasks that are in the store and up to date. */
export async function currentResults(pipeline: Pipeline, store: Store): Promise<ReadonlyMap<TaskId, TaskResult>> {
  return resultsOf(await new Planner(pipeline, store).plan());
}

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
