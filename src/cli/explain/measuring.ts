import { metricsIn } from '../../api/results/estimates.js';
import { capabilities } from '../../engine/engine.js';
import { engineFor } from '../../engine/engines.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { Forecasts } from '../../run/estimate/forecasts.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import { countOf, duration } from '../../run/views/text.js';
import type { TaskId } from '../../values.js';
import { printErrorText } from '../terminal/output.js';

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
  // The hours that are told of are not computed without.
  for (const engine of new Set(capabilities.map((one) => engineFor([one], pipeline.engine))))
    await engine.prepare?.(printErrorText, false);
  const started = performance.now();
  const kinds = countOf(samples.length, 'kind');
  printErrorText(`Measuring a few steps of ${kinds} of work, with ${countOf(threads, 'core')} …`);
  let hindered = false;
  for (const [at, sample] of samples.entries()) {
    const place = `${String(at + 1).padStart(String(samples.length).length)}/${samples.length}`;
    try {
      const measured = await forecasts.measure(sample);
      const pace = Number((1 / measured.each).toPrecision(3));
      printErrorText(`  ${place}  ${sample.title}: ${pace} ${sample.unit}/s`, 5);
      hindered ||= measured.hindered;
    } catch (error) {
      printErrorText(`  ${place}  ${sample.title} can't be measured: ${(error as Error).message}`, 5);
    }
  }
  printErrorText(`Measured in ${duration((performance.now() - started) / 1e3)}. Later plans remember it.`);
  if (hindered) printErrorText('Other programs were busy meanwhile: an idle machine takes less time than is told.');
  return forecasts;
}
