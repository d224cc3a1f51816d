import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { Estimator, type TaskEstimate } from '../../run/estimate/estimates.js';
import type { Forecasts } from '../../run/estimate/forecasts.js';
import { measuredRecords } from '../../run/estimate/measured.js';
import { type Place, schedule } from '../../run/estimate/schedule.js';
import { machineResources } from '../../run/local/resources.js';
import { Planner, type TaskPlan } from '../../run/plan/planner.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import type { ExecutorKind, ExecutorPreview } from '../opening/executors.js';

/**
 * What tasks are expected to take, of those of which something is known.
 *
 * @param open those that would run
 * @param forecast tells of tasks of which nothing like them has run. Default: nothing is known of them
 */
export async function estimatesOf(
  pipeline: Pipeline,
  store: Store,
  open: readonly Task[],
  plans: ReadonlyMap<TaskId, TaskPlan>,
  forecast?: (unknown: readonly Task[]) => Promise<Forecasts>,
): Promise<ReadonlyMap<TaskId, TaskEstimate>> {
  const records = open.length === 0 ? [] : await measuredRecords(store, pipeline, open);
  const estimates = new Map<TaskId, TaskEstimate>();
  const estimateBy = (estimator: Estimator) => {
    for (const task of open) {
      const estimate = estimates.has(task.id) ? undefined : estimator.estimate(task);
      if (estimate !== undefined) estimates.set(task.id, estimate);
    }
  };
  estimateBy(new Estimator(pipeline, records, metricsIn(plans)));
  if (forecast === undefined || estimates.size === open.length) return estimates;
  const forecasts = await forecast(open.filter(({ id }) => !estimates.has(id)));
  estimateBy(new Estimator(pipeline, records, metricsIn(plans), forecasts));
  return estimates;
}

/** Metrics of tasks that are up to date. */
export const metricsIn = (plans: ReadonlyMap<TaskId, TaskPlan>) => (id: TaskId) => plans.get(id)?.result?.metrics;

/**
 * What tasks would run on.
 *
 * @param preview of an executor that would run some of them elsewhere
 * @param jobs tasks at a time at most
 */
export function placeOf(tasks: readonly Task[], preview: ExecutorPreview | undefined, jobs: number): Place {
  if (preview === undefined) return { machine: machineResources(jobs) };
  const { cores, places } = preview;
  const last = new Map<string, TaskId>();
  const before = new Map<TaskId, TaskId>();
  for (const { id } of tasks) {
    const job = cores.has(id) ? places.get(id) : undefined;
    if (job === undefined) continue;
    if (last.has(job)) before.set(id, last.get(job)!);
    last.set(job, id);
  }
  const machine = machineResources(Number.POSITIVE_INFINITY);
  return { machine, jobCores: ({ id }) => cores.get(id), follows: ({ id }) => before.get(id), jobs };
}

/**
 * Seconds that each task of a run is expected to take, with the cores that it would have.
 * @throws the reason of the signal, where it is given up
 */
export async function estimateRun({
  pipeline,
  store,
  tasks,
  force,
  jobs,
  executor,
  signal,
}: {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly tasks: readonly Task[];
  readonly force: ReadonlySet<TaskId>;
  readonly jobs: number;
  readonly executor: ExecutorKind;
  readonly signal: AbortSignal;
}): Promise<Readonly<Record<TaskId, number>>> {
  const plans = await new Planner(pipeline, store, { force, reading: { signal, tell: () => undefined } }).plan(tasks);
  const open = tasks.filter(({ id }) => plans.get(id)!.status.state !== 'cached');
  const estimates = await estimatesOf(pipeline, store, open, plans);
  const place = placeOf(open, await executor.preview?.(pipeline, open), jobs);
  const { each } = schedule(open, ({ id }, cores) => estimates.get(id)?.seconds(cores) ?? 0, place);
  return Object.fromEntries([...each].filter(([id]) => estimates.has(id)));
}
