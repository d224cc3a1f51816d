import type { AnnResult } from '../../results/ann-result.js';
import { discordance } from '../../results/confusion.js';
import { pairedDifferences, type Repeated, repetitionsOf } from '../../results/repetitions.js';
import type { SnnResult } from '../../results/snn-result.js';
import { type Estimate, estimate, mean, pairedDifference, proportion } from '../../results/statistics.js';
import { comparePrecisions, displayPrecision, groupBy } from '../numbers/group.js';
import type { ReportItem } from './content.js';
import { type Disturbance, disturbanceOf, paperNoise } from './noise.js';

type Result = AnnResult | SnnResult;
type Labels = Readonly<Record<string, string>>;

/** What one number of a table or chart stands for: results that differ in nothing but declared repetition. */
export interface ResultGroup<T extends Result = Result>
  extends Pick<Repeated<ReportItem<T>>, 'samples' | 'repetitions'>,
    Disturbance {
  /** What its row or series is called: `k1B2`, or `k1B2, lr=0.001` where results differ in more. */
  readonly name: string;
  readonly precision: string;
  /** Labels by axis, beside precision, noise and repetition, as far as results of the subject differ in them. */
  readonly labels: Labels;
}

/** What an estimate is of: a number of each result. */
export type Measure<T extends Result> = (result: T) => number;

/** What it comes to over the repetitions of a group; without any, over the seeds of the noise in its one run. */
export function measure<T extends Result>({ samples }: ResultGroup<T>, of: Measure<T>): Estimate {
  if (samples.length > 1) return estimate(samples.map((runs) => mean(runs.map(({ result }) => of(result)))));
  const runs = samples.flat();
  const [{ result: only }] = runs as [ReportItem<T>];
  const draws = runs.length === 1 ? drawsOf(only) : [];
  if (draws.length > 0) return estimate(draws.map(of));
  return { n: 1, mean: mean(runs.map(({ result }) => of(result))) };
}

/** A result for each seed of the noise, where one task had several. */
function drawsOf<T extends Result>(result: T): T[] {
  if (!('repetitions' in result)) return [];
  const { layers, repetitions = [] } = result;
  return repetitions.map(({ firingRateByLayer, ...draw }) => ({
    ...{ ...result, ...draw },
    layers: layers.map((layer, i) => ({ ...layer, firingRate: firingRateByLayer[i] ?? layer.firingRate })),
  }));
}

/** The same of accuracy, from 0 to 1: of a single run with Wilson's interval, by its number of images. */
export function accuracyOf(group: ResultGroup): Estimate {
  const found = measure<Result>(group, ({ accuracy }) => accuracy);
  const { result } = group.samples[0]![0]!;
  return found.n > 1 || result.images === 0 ? found : proportion(result.correct, result.images);
}

/**
 * Accuracy of a group less that of another one, from −1 to 1. The interval is one of pairs: over repetitions that both have,
 * or over the seeds of the noise of one of them; of two single runs over the images, which they have in common. Where there
 * are no pairs, nothing is known but the difference.
 */
export function accuracyDifference(group: ResultGroup, from: ResultGroup): Estimate {
  const [first, second] = [accuracyOf(group), accuracyOf(from)];
  const unpaired = { n: 1, mean: first.mean - second.mean };
  const [a, b] = [group, from].map(accuracies) as [Map<string, number>, Map<string, number>];
  if (a.size > 1 && b.size > 1) {
    const pairs = pairedDifferences(a, b);
    return pairs === undefined ? unpaired : estimate(pairs);
  }
  // Noise that was drawn several times, of one network: what it is compared with stands still.
  if (a.size > 1 && b.size === 1 && group.samples.length === 1)
    return estimate([...a.values()].map((accuracy) => accuracy - second.mean));
  const runs = [group, from].map(({ samples }) => samples.flat());
  const [own, other] = runs as [ReportItem<Result>[], ReportItem<Result>[]];
  if (a.size > 1 || b.size > 1 || own.length > 1 || other.length > 1) return unpaired;
  const different = discordance(own[0]!.result, other[0]!.result);
  return different === undefined ? unpaired : pairedDifference(different.gained, different.lost, own[0]!.result.images);
}

/** What a group is a mean of: accuracies by repetition, or by the seed of the noise in its one run. */
function accuracies({ samples, repetitions }: ResultGroup): Map<string, number> {
  if (samples.length > 1)
    return new Map(samples.map((runs, i) => [repetitions[i]!, mean(runs.map(({ result }) => result.accuracy))]));
  const runs = samples.flat();
  const { result } = runs[0]!;
  const draws = runs.length === 1 && 'repetitions' in result ? (result.repetitions ?? []) : [];
  return draws.length > 0
    ? new Map(draws.map(({ seed, accuracy }) => [`seed ${seed}`, accuracy]))
    : new Map([['', mean(runs.map((run) => run.result.accuracy))]]);
}

/**
 * Results as rows and series, by precision in the paper's order, then by noise, then as they came. They are one group only
 * if they differ in nothing but axes of repetition; two with the same labels, such as those of two stages, are numbered.
 *
 * @param among all results of the subject: what they differ in is named
 */
export function groupsOf<T extends Result>(
  items: readonly ReportItem<T>[],
  repeat: readonly string[],
  among: readonly ReportItem<Result>[] = items,
): ResultGroup<T>[] {
  const axes = tellingAxes(among, repeat);
  const keyOf = ({ result, labels }: ReportItem<T>) =>
    JSON.stringify([result.precision, disturbanceOf(result), axes.map((axis) => labels[axis])]);
  const groups = [...groupBy(items, keyOf).values()].flatMap((all): ResultGroup<T>[] => {
    const { result, labels } = all[0]!;
    const named = Object.fromEntries(axes.flatMap((axis) => (axis in labels ? [[axis, labels[axis]!]] : [])));
    const about = { precision: result.precision, ...disturbanceOf(result) };
    return numbered(all, repeat).map((runs, index, { length }) => ({
      ...about,
      name: nameOf(displayPrecision(result.precision), named, length > 1 ? index : undefined),
      labels: length > 1 ? { ...named, result: String(index + 1) } : named,
      ...repetitionsOf(runs, repeat),
    }));
  });
  return groups.toSorted((a, b) => comparePrecisions(a.precision, b.precision) || a.noise - b.noise);
}

/** `k1B2, lr=0.001 (2)` */
export function nameOf(first: string, labels: Labels, index?: number): string {
  const parts = Object.entries(labels).map(([axis, label]) => `${axis}=${label}`);
  return [first, ...parts].filter((part) => part !== '').join(', ') + (index === undefined ? '' : ` (${index + 1})`);
}

/** Items of one point; where several are of the same repetition, there are as many results of the point. */
export function numbered<T extends { readonly labels: Labels }>(items: readonly T[], repeat: readonly string[]): T[][] {
  const results: T[][] = [];
  const repetitionOf = ({ labels }: T) => JSON.stringify(repeat.map((axis) => labels[axis]));
  for (const same of groupBy(items, repetitionOf).values())
    for (const [index, item] of same.entries()) {
      results[index] ??= [];
      results[index].push(item);
    }
  return results;
}

/** Axes that say more of a result than its precision and noise do, in order of appearance; none of repetition. */
function tellingAxes(items: readonly ReportItem<Result>[], repeat: readonly string[]): readonly string[] {
  const axes = [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))];
  return axes.filter((axis) => {
    if (repeat.includes(axis)) return false;
    const having = items.filter(({ labels }) => axis in labels);
    if (new Set(having.map(({ labels }) => labels[axis])).size < 2) return false;
    if (namesNoise(having, axis)) return false;
    return !having.every(({ result, labels }) => wordsOf(result).includes(labels[axis]!)) || isFree(having, axis);
  });
}

/** What an axis that only says what the result says itself may be called. */
function wordsOf(result: Result): readonly string[] {
  const { precision, network, dataset } = result;
  return [precision, network, dataset, ...wordsOfNoise(result), ...(/^k(\d+)B(\d+)$/.exec(precision)?.slice(1) ?? [])];
}

function wordsOfNoise(result: Result): readonly string[] {
  const terms = 'noiseTerms' in result ? (result.noiseTerms ?? []) : [];
  const words = terms.flatMap(({ kind, probability, sigma, layers }) => [kind, probability ?? sigma ?? 0, ...layers]);
  return [disturbanceOf(result).noise, ...words].map(String);
}

/** True if an axis is one of kinds of noise, and says no more than they do: each of its values is another noise. */
function namesNoise(items: readonly ReportItem<Result>[], axis: string): boolean {
  if (!items.some(({ result }) => disturbanceOf(result).noiseName !== paperNoise)) return false;
  const noises = groupBy(items, ({ result }) => JSON.stringify(disturbanceOf(result)));
  const labels = new Set(items.map((item) => item.labels[axis]));
  return noises.size === labels.size && [...noises.values()].every((same) => sameLabel(same, axis));
}

const sameLabel = (items: readonly ReportItem<Result>[], axis: string) =>
  new Set(items.map(({ labels }) => labels[axis])).size === 1;

/** True if results of one precision and noise have different labels on an axis. */
function isFree(items: readonly ReportItem<Result>[], axis: string): boolean {
  const places = groupBy(
    items,
    ({ result }) => `${result.stage} ${result.precision} ${JSON.stringify(disturbanceOf(result))}`,
  );
  return [...places.values()].some((same) => new Set(same.map(({ labels }) => labels[axis])).size > 1);
}
