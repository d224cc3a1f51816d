import type { Pipeline, Task, TaskId } from '../pipeline/task.js';
import { Planner } from '../run/plan.js';
import type { Metrics } from '../stage/definition.js';
import type { Store } from '../store/store.js';

/** Metrics of the tasks whose results are in the store and up to date. */
export async function currentMetrics(pipeline: Pipeline, store: Store): Promise<ReadonlyMap<TaskId, Metrics>> {
  const plans = await new Planner(pipeline, store).plan();
  return new Map(
    [...plans].flatMap(([id, { result }]) => (result === undefined ? [] : [[id, result.metrics] as const])),
  );
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
