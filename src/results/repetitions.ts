// Results that differ in nothing but repetition, and what is said of a metric over them.

import type { Metrics, MetricValue } from '../values.js';
import { type Estimate, estimate, mean, proportion } from './statistics.js';

type Labels = Readonly<Record<string, string>>;

/** Whatever has a place in a sweep. */
export interface Placed {
  /** By axis. */
  readonly labels: Labels;
}

/** What belongs to one point of all axes but those of repetition. */
export interface Repeated<T> {
  /** Without axes of repetition. */
  readonly labels: Labels;
  /**
   * Independent repetitions, each with its runs. With several axes of repetition these are the values of the first one:
   * what repeats within them, such as noise drawn anew for one network, is not independent, and is averaged before.
   */
  readonly samples: readonly (readonly T[])[];
  /** What each of these is called, such as `seed=1`: those of one name in two groups belong together. */
  readonly repetitions: readonly string[];
}

/**
 * Items by their labels on all axes but those of repetition, in order of first appearance.
 *
 * @param repeat names of the axes of repetition, the outermost first
 */
export function byRepetition<T extends Placed>(items: readonly T[], repeat: readonly string[]): Repeated<T>[] {
  const groups = new Map<string, { labels: Labels; items: T[] }>();
  for (const item of items) {
    const labels = Object.fromEntries(Object.entries(item.labels).filter(([axis]) => !repeat.includes(axis)));
    const key = JSON.stringify(Object.entries(labels));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, items: [item] });
    else group.items.push(item);
  }
  return [...groups.values()].map((group) => ({ labels: group.labels, ...repetitionsOf(group.items, repeat) }));
}

/** Items that differ in repetition alone, by the first of its axes that has several values for them. */
export function repetitionsOf<T extends Placed>(
  items: readonly T[],
  repeat: readonly string[],
): Pick<Repeated<T>, 'samples' | 'repetitions'> {
  const axis = repeat.find((name) => new Set(items.map(({ labels }) => labels[name])).size > 1);
  if (axis === undefined) return { samples: [items], repetitions: [''] };
  const samples = new Map<string | undefined, T[]>();
  for (const item of items) {
    const sample = samples.get(item.labels[axis]);
    if (sample === undefined) samples.set(item.labels[axis], [item]);
    else sample.push(item);
  }
  return { samples: [...samples.values()], repetitions: [...samples.keys()].map((label) => `${axis}=${label}`) };
}

/**
 * Differences of what belongs together, repetition by repetition; undefined where one has a repetition that the other lacks.
 *
 * @param first and `second`: values by repetition
 */
export function pairedDifferences(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
): number[] | undefined {
  const pairs = [...first].flatMap(([name, value]) => (second.has(name) ? [value - second.get(name)!] : []));
  return pairs.length === first.size && pairs.length === second.size ? pairs : undefined;
}

/**
 * A line for each axis of seeds that is not declared to be repetition: what differs in it are rows like any other, and the
 * reader may have meant their mean.
 */
export function undeclaredNotes(
  items: readonly { readonly labels: Labels; readonly repeat?: readonly string[] | undefined }[],
): string[] {
  const seeds = new Map<string, Set<string>>();
  for (const { labels, repeat = [] } of items)
    for (const [axis, label] of Object.entries(labels)) {
      if (!/seeds?$/i.test(axis) || repeat.includes(axis)) continue;
      const known = seeds.get(axis);
      if (known === undefined) seeds.set(axis, new Set([label]));
      else known.add(label);
    }
  return [...seeds].flatMap(([axis, labels]) => {
    if (labels.size < 2) return [];
    const values = [...[...labels].slice(0, shownValues), ...(labels.size > shownValues ? ['…'] : [])].join(', ');
    const declared = `axes: { ${axis}: { values: [${values}], repeat: true } }`;
    return [`Nothing is averaged over "${axis}". If it repeats the same experiment, declare it: ${declared}`];
  });
}

const shownValues = 3;

/** The metric that holds the values of another one, by seed, where one task computed it several times. */
export const bySeed = (metric: string): string => `${metric}BySeed`;

/**
 * What a metric comes to over repetitions; undefined where one of them has no such number. A task that computed it for
 * several seeds, and so has a list `…BySeed` beside it, is as many repetitions if there is no other. The `accuracy` of one
 * run on so many `images` has Wilson's interval.
 */
export function estimateMetric(samples: readonly (readonly Metrics[])[], metric: string): Estimate | undefined {
  const all = samples.flat();
  if (all.length === 0 || all.some((metrics) => typeof metrics[metric] !== 'number')) return undefined;
  if (samples.length > 1) return estimate(samples.map((runs) => mean(runs.map((run) => run[metric] as number))));
  const [only, ...others] = all as [Metrics, ...Metrics[]];
  if (others.length > 0) return { n: 1, mean: mean(all.map((run) => run[metric] as number)) };
  const repeated = only[bySeed(metric)];
  if (isNumbers(repeated)) return estimate(repeated);
  const { accuracy, images } = only;
  if (metric === 'accuracy' && typeof accuracy === 'number' && typeof images === 'number' && images > 0)
    return proportion(Math.round(accuracy * images), images);
  return { n: 1, mean: only[metric] as number };
}

function isNumbers(value: MetricValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}
