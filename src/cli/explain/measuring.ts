import { metricsIn } from '../../api/results/estimates.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { Forecasts } from '../../run/estimate/forecasts.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import { countOf, duration } from '../../run/views/text.js';
import type { TaskId } from '../../values.js';
import { printError } from '../terminal/output.js';

/** Measuring is told of from time to time. */
const tellMs = 10_000;

interface Wish {
  readonly pipeline: Pipeline;
  readonly plans: ReadonlyMap<TaskId, TaskPlan>;
  /** Tasks like which none has run. */
  readonly unknown: readonly Task[];
  /** Cores of the machine. */
  readonly threads: number;
  /** True if a few steps are to be measured now; else what was measured before counts. */
  readonly measure: boolean;
}

/** What is forecast of tasks; what can't be measured is told, and its time stays unknown. */
export async function forecastsOf({ pipeline, plans, unknown, threads, measure }: Wish): Promise<Forecasts> {
  const forecasts = await Forecasts.of(pipeline, unknown, { threads, metricsOf: metricsIn(plans), anew: measure });
  const samples = measure ? forecasts.missing(unknown) : [];
  if (samples.length === 0) return forecasts;
  const started = performance.now();
  const kinds = countOf(samples.length, 'kind');
  printError(`Measuring a few steps of ${kinds} of work, with ${countOf(threads, 'core')} …`);
  let told = started;
  for (const [done, sample] of samples.entries()) {
    if (performance.now() - told > tellMs) {
      told = performance.now();
      printError(`… ${done} of ${samples.length}`);
    }
    try {
      await forecasts.measure(sample);
    } catch (error) {
      printError(`A kind of work can't be measured: ${(error as Error).message}`);
    }
  }
  printError(`Measured in ${duration((performance.now() - started) / 1e3)}. Later plans remember it.`);
  return forecasts;
}
