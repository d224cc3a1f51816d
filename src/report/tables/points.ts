// Rows of tables: which point of the sweep each is, and what is expected there.

import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import type { ItemVerdict } from '../content/content.js';
import { groupsOf, type ResultGroup } from '../content/groups.js';
import type { Subject } from '../content/subjects.js';
import { displayPrecision } from '../numbers/group.js';
import { type ReportColumn, textColumn } from './table.js';

/** The results of a subject, a group a row or cell. */
export function pointsOf({ ann, snn, repeat }: Subject): {
  readonly ann: readonly ResultGroup<AnnResult>[];
  readonly snn: readonly ResultGroup<SnnResult>[];
} {
  const among = [...ann, ...snn];
  return { ann: groupsOf(ann, repeat, among), snn: groupsOf(snn, repeat, among) };
}

type Point = Pick<ResultGroup, 'precision' | 'labels'>;

/** Axes that rows differ in, beside precision and noise. */
export function axesOf(points: readonly Pick<Point, 'labels'>[]): string[] {
  return [...new Set(points.flatMap(({ labels }) => Object.keys(labels)))];
}

/** `precision`, and a column an axis. */
export function pointColumns(axes: readonly string[]): ReportColumn[] {
  return ['precision', ...axes].map(textColumn);
}

export function pointCells({ precision, labels }: Point, axes: readonly string[]): string[] {
  return [displayPrecision(precision), ...axes.map((axis) => labels[axis] ?? '')];
}

/** What is expected of a group as a whole: a number for some of its repetitions says nothing of their mean. */
export function verdictsOn(
  { verdicts }: Subject,
  groups: readonly ResultGroup[],
  metrics: readonly string[],
): ItemVerdict[] {
  const runs = groups.map(({ samples }) => samples.flat());
  return verdicts.filter(
    ({ metric, items }) => metrics.includes(metric) && runs.some((group) => group.every((run) => items.includes(run))),
  );
}
