// What `show` prints of a stage: its tasks' metrics, and what these come to over repetitions.

import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { intervalText, spreadText } from '../../report/numbers/estimates.js';
import { byRepetition, estimateMetric } from '../../results/repetitions.js';
import type { Estimate } from '../../results/statistics.js';
import { fittedTable } from '../../text/fitted-table.js';
import { type Cell, distinctCells, renderTable, type TableFormat } from '../../text/table.js';
import type { AxisValue, Metrics, TaskId } from '../../values.js';
import { terminalWidth } from '../terminal/output.js';
import { marked, readableLabels, scalarMetrics, tasksOfStage, titleOf } from './cells.js';

type Results = ReadonlyMap<TaskId, Metrics>;

/** The estimates of a task's or a mean's metrics, those that have an interval. */
export type Estimates = Readonly<Record<string, Estimate>>;

/** Tasks that differ in repetition alone. */
export interface RepeatedTasks {
  readonly stage: string;
  /** Without those of repetition. */
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly labels: Task['labels'];
  /** Axes of repetition. */
  readonly repeat: readonly string[];
  /** Those that have a result. */
  readonly tasks: readonly TaskId[];
  /** Of all metrics that are numbers. */
  readonly estimates: Estimates;
}

/** What a task's own metrics say of how sure they are: nothing of most. */
export function ownEstimates(metrics: Metrics): Estimates {
  return estimatesOf([[metrics]], ({ interval }) => interval !== undefined);
}

function estimatesOf(samples: readonly (readonly Metrics[])[], wanted: (estimate: Estimate) => boolean): Estimates {
  const names = new Set(samples.flat().flatMap((metrics) => Object.keys(scalarMetrics(metrics))));
  const found = [...names].map((metric) => [metric, estimateMetric(samples, metric)] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [string, Estimate] => entry[1] !== undefined && wanted(entry[1])),
  );
}

/** The tasks of a stage over whose repetitions there are means; none without such an axis. */
export function repeatedTasks(pipeline: Pipeline, stage: string, results: Results): RepeatedTasks[] {
  const tasks = tasksOfStage(pipeline, stage).filter(({ id }) => results.has(id));
  const { repeat = [] } = tasks[0] ?? {};
  if (repeat.length === 0) return [];
  return byRepetition(tasks, repeat).map(({ labels, samples }): RepeatedTasks => {
    const [[first]] = samples as readonly [readonly [Task]];
    const axes = Object.fromEntries(Object.entries(first.axes).filter(([axis]) => !repeat.includes(axis)));
    const metrics = samples.map((sample) => sample.map(({ id }) => results.get(id)!));
    const ids = samples.flatMap((sample) => sample.map(({ id }) => id));
    return { stage, axes, labels, repeat, tasks: ids, estimates: estimatesOf(metrics, () => true) };
  });
}

/** A table of the stage's tasks, and one of their means if it is repeated; none where there is nothing to show. */
export function metricTables(pipeline: Pipeline, stage: string, results: Results, format: TableFormat): string[] {
  // CSV is for programs.
  const shownLabels: typeof readableLabels = format === 'csv' ? (labels) => ({ ...labels }) : readableLabels;
  const rows = tasksOfStage(pipeline, stage).flatMap(({ id, labels, axes }): Record<string, Cell>[] => {
    const found = results.get(id);
    if (found === undefined) return [];
    const estimates = new Map(Object.entries(ownEstimates(found)));
    const metrics = Object.entries(scalarMetrics(found)).flatMap(([metric, value]) => {
      const estimate = estimates.get(metric);
      return [[metric, value] as const, ...(estimate === undefined ? [] : boundCells(metric, estimate, format))];
    });
    return [{ ...marked('axis', shownLabels(labels, axes)), ...marked('metric', Object.fromEntries(metrics)) }];
  });
  const repeated = repeatedTasks(pipeline, stage, results);
  const means = repeated.every(({ tasks }) => tasks.length === 1)
    ? []
    : repeated.map(({ labels, axes, estimates }): Record<string, Cell> => {
        const n = Math.max(0, ...Object.values(estimates).map((estimate) => estimate.n));
        const metrics = Object.entries(estimates).flatMap(([metric, estimate]) =>
          format === 'csv'
            ? [[metric, estimate.mean] as const, ...boundCells(metric, estimate, format)]
            : [[metric, spreadText(estimate)] as const],
        );
        return {
          ...marked('axis', shownLabels(labels, axes)),
          ...marked('count', { n }),
          ...marked('metric', Object.fromEntries(metrics)),
        };
      });
  const over = repeated[0]?.repeat.join(' and ');
  return [...table(rows, stage, format), ...table(means, `${stage}, mean over ${over}`, format)];
}

/** Cells beside a metric: in CSV a column each. */
function boundCells(metric: string, estimate: Estimate, format: TableFormat): (readonly [string, Cell])[] {
  if (format !== 'csv') return [[`${metric} 95 %`, intervalText(estimate)]];
  const { sd, interval } = estimate;
  return [
    ...(sd === undefined ? [] : [[`${metric} sd`, sd] as const]),
    ...(interval === undefined
      ? []
      : ([
          [`${metric} low`, interval.low],
          [`${metric} high`, interval.high],
          [`${metric} interval`, interval.method],
        ] as const)),
  ];
}

function table(rows: readonly Record<string, Cell>[], title: string, format: TableFormat): string[] {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (keys.length === 0) return [];
  const heading = format === 'md' ? `## ${title}\n\n` : format === 'text' ? `${title}\n` : `# ${title}\n`;
  const columns = keys.map((key) => {
    const cells = rows.map((row) => row[key]);
    return { key, title: titleOf(key, keys), format: distinctCells(cells), label: key.startsWith('axis ') };
  });
  const written = format === 'text' ? fittedTable(rows, columns, terminalWidth()) : renderTable(rows, columns, format);
  return [`${heading}${written}`];
}
