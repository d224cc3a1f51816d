import { displayPrecision, groupBy } from '../numbers/group.js';
import { mostColours } from './style.js';

/** What is drawn as a line: its name without repetitions, and its place in the sweep. */
export interface Member {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Lines of one colour: of one point of the sweep, or of all that share a value of an axis. */
export interface Bundle<T> {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly members: readonly T[];
}

/**
 * Lines by name, if these can be told apart by colour; else by the first axis with few values, called such as `lr=0.001`;
 * else all in one.
 */
export function bundlesOf<T extends Member>(members: readonly T[]): Bundle<T>[] {
  const names = groupBy(members, ({ name }) => name);
  if (names.size <= mostColours)
    return [...names].map(([name, own]) => ({ name, labels: own[0]!.labels, members: own }));
  const axes = [...new Set(members.flatMap(({ labels }) => Object.keys(labels)))];
  for (const axis of axes) {
    const values = groupBy(members, ({ labels }) => labels[axis] ?? '–');
    if (values.size >= 2 && values.size <= mostColours)
      return [...values].map(([value, own]) => ({
        name: nameOf(axis, value),
        labels: { [axis]: value },
        members: own,
      }));
  }
  return [{ name: 'all', labels: {}, members }];
}

/** Precisions speak for themselves. */
const nameOf = (axis: string, value: string): string =>
  axis === 'precision' ? displayPrecision(value) : `${axis}=${value}`;

/** Middle and ends of values: of several lines at one place. @throws {RangeError} for none */
export function medianRange(values: readonly number[]): { median: number; low: number; high: number } {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}
