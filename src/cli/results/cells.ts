// Cells of tables: of axes and metrics, which may have the same names.

import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Cell } from '../../text/table.js';
import type { AxisValue, Metrics, MetricValue } from '../../values.js';

/** A task's axes and metrics for tables: the scalar ones. */
export function scalarMetrics(metrics: Metrics): Record<string, number | string | boolean> {
  return Object.fromEntries(
    Object.entries(metrics).filter(
      (entry): entry is [string, number | string | boolean] => typeof entry[1] !== 'object',
    ),
  );
}

/** A metric as a number, if it is one: records keep as texts what JSON can't hold. */
export function metricNumber(value: MetricValue): number | undefined {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}

export function tasksOfStage(pipeline: Pipeline, stage: string): readonly Task[] {
  return pipeline.tasks.filter((task) => task.stage === stage);
}

/**
 * Labels for people: of a map that says its keys in words, `insertion, probability 0.05` rather than
 * `kindinsertionprobability0.05`, which is what targets, folders and programs go by. `k1B2` is one already.
 */
export function readableLabels(
  labels: Readonly<Record<string, string>>,
  axes: Readonly<Record<string, AxisValue>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([axis, label]) => [axis, readable(axes[axis]) ?? label]));
}

function readable(value: AxisValue | undefined): string | undefined {
  if (typeof value !== 'object' || value.label !== undefined) return undefined;
  const entries = Object.entries(value);
  if (entries.every(([key]) => key.length <= 2)) return undefined;
  return entries.map(([key, item]) => (/^(kind|name)$/.test(key) ? String(item) : `${key} ${item}`)).join(', ');
}

type Kind = 'axis' | 'count' | 'metric';

/** Cells under keys that tell an axis from a metric of the same name. */
export function marked(kind: Kind, cells: Readonly<Record<string, Cell>>): Record<string, Cell> {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [`${kind} ${name}`, cell]));
}

/** The plain name; of an axis that is called like a metric, with the word before it, so that no two headings are the same. */
export function titleOf(key: string, keys: readonly string[]): string {
  const name = key.slice(key.indexOf(' ') + 1);
  return key === `axis ${name}` && keys.includes(`metric ${name}`) ? key : name;
}
