import { type Column, renderTable } from '../../text/table.js';
import type { Chart } from './style.js';

/** What a chart shows as CSV: a row a value, with its place on all axes, and how many repetitions it stands for. */
export function chartCsv({ points, measures }: Pick<Chart, 'points' | 'measures'>): string {
  const axes = [...new Set(points.flatMap(({ labels }) => Object.keys(labels)))];
  const isBounded = points.some(({ bounds }) => bounds !== undefined);
  const columns: Column[] = [
    // A series called as an axis would hide it.
    ...axes.map((axis) => ({ key: `axis ${axis}`, title: axis })),
    { key: 'series', title: measures.series ?? 'series' },
    { key: 'at', title: measures.at ?? 'row' },
    { key: 'value', title: measures.value },
    ...(isBounded ? ['low', 'high', 'bounds'].map((key) => ({ key, title: key })) : []),
    { key: 'n', title: 'n' },
  ];
  const rows = points.map(({ labels, ...point }) => ({
    ...Object.fromEntries(Object.entries(labels).map(([axis, label]) => [`axis ${axis}`, label])),
    ...point,
  }));
  return renderTable(rows, columns, 'csv');
}
