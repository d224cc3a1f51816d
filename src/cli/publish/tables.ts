// What a run has come to, in files for people and programs.

import type { TaskVerdict } from '../../api/results/expectations.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { TaskRecord } from '../../store/types.js';
import { jsonText } from '../../text/printable.js';
import { type Cell, renderTable } from '../../text/table.js';
import type { TaskId } from '../../values.js';

type Records = ReadonlyMap<TaskId, TaskRecord>;

/** A row a number, so that a table holds all stages: `task, stage, axes…, metric, value`. */
export function metricsCsv({ tasks, axes }: Pipeline, records: Records): string {
  const columns = ['task', 'stage', ...Object.keys(axes).map((axis) => `axis ${axis}`), 'metric', 'value'];
  const rows = tasks.flatMap(({ id, stage, labels }) => {
    const marked = Object.fromEntries(Object.entries(labels).map(([axis, label]) => [`axis ${axis}`, label]));
    return Object.entries(records.get(id)?.metrics ?? {}).map(
      ([metric, value]): Record<string, Cell> => ({
        ...{ task: id, stage, ...marked, metric },
        value: typeof value === 'object' ? JSON.stringify(value) : value,
      }),
    );
  });
  const titled = columns.map((key) => ({ key, title: key.replace(/^axis /, '') }));
  return renderTable(rows, titled, 'csv');
}

/** What is expected beside what came out. */
export function expectationsCsv(verdicts: readonly TaskVerdict[]): string {
  const rows = verdicts.map(({ range: _, other: __, tasks: ___, ...cells }) => cells);
  const keys = ['verdict', 'task', 'metric', 'expected', 'got', 'interval', 'difference', 'source'];
  return renderTable(
    rows,
    keys.map((key) => ({ key })),
    'csv',
  );
}

/** What each task was made from, what it made, where and when. Of the environment there are names only: a digest can give a short secret away. */
export function tasksJson({ tasks }: Pipeline, records: Records, machineOf: (platform: string) => string): string {
  const list = tasks.flatMap(({ id, stage, axes }) => {
    const record = records.get(id);
    if (record === undefined) return [];
    const { key, parts, code, outputs, metrics, provenance } = record;
    const { env, ...made } = parts;
    const { task: _, pipeline: __, axes: ___, ...rest } = provenance;
    const where = { ...rest, platform: machineOf(rest.platform) };
    return { task: id, stage, axes, key, ...made, env: Object.keys(env), code, outputs, metrics, provenance: where };
  });
  return `${jsonText(list, 2)}\n`;
}
