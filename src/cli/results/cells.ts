// Cells of tables: of axes and metrics, which may have the same names.

import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Cell } from '../../text/table.js';
import type { Metrics } from '../../values.js';

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
