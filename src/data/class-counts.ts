// How many images have each label, as messages about labels say it.

/** So many values are listed; of more, the first. */
const listedValues = 10;
/** What has more values than this is not counted by them: they are no classes. */
const mostValues = 2 ** 12;

/**
 * Counts by value, in ascending order: `0: 25, 1: 30`, of many values the first and how many more there are. Names are in the
 * order of their code points.
 *
 * @param values labels of images, as they were found: numbers, also such as are no classes, or names; any number of them
 * @returns undefined where there are none, or too many values to be classes
 */
export function countsByValue(values: Iterable<number | bigint | string>): string | undefined {
  const counts = new Map<number | string, number>();
  for (const value of values) {
    // −0 and 0 are one label.
    const key = typeof value === 'string' ? value : Number(value) + 0;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (counts.size > mostValues) return undefined;
  }
  return counts.size === 0 ? undefined : listed([...counts].sort(([a], [b]) => order(a, b)));
}

/** The same of classes, where those that no image has are told as well. @param counts by class, one at least */
export function countsByClass(counts: readonly number[], names?: readonly string[]): string {
  return listed([...counts.entries()].map(([c, count]) => [names?.[c] ?? c, count]));
}

/** How many of `labels` each of `classes` has. */
export function countsOf(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

/** The first few of many: `2, 5, 7` or `2, 5, 7, …`. */
export function firstValues(values: readonly (number | string)[]): string {
  const shown = values.slice(0, listedValues).join(', ');
  return values.length > listedValues ? `${shown}, …` : shown;
}

function listed(counts: readonly (readonly [value: number | string, count: number])[]): string {
  const shown = counts.slice(0, listedValues).map(([value, count]) => `${String(value)}: ${count}`);
  const more = counts.length - shown.length;
  return more > 0 ? `${shown.join(', ')}, … and ${more} more` : shown.join(', ');
}

/** Numbers by size, with NaN behind all. */
function order(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b;
  return a < b ? -1 : a > b ? 1 : 0;
}
