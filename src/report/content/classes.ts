import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { type Estimate, estimate, mean, proportion } from '../../results/statistics.js';
import { comparePrecisions } from '../numbers/group.js';
import { groupsOf, type ResultGroup } from './groups.js';
import { withoutNoise } from './noise.js';
import type { Subject } from './subjects.js';

/** How a point of the sweep takes the classes for one another. */
export interface Classes {
  /** What its column or chart is called: `k1B2, lr=0.001`. */
  readonly name: string;
  readonly group: ResultGroup;
  /** [class][prediction]: test images, over all runs of the point. */
  readonly confusion: readonly (readonly number[])[];
  /** By class: of its images, those that were recognised, 0 to 1; undefined for a class without images. */
  readonly accuracy: readonly (Estimate | undefined)[];
}

export interface SubjectClasses {
  /** Names of the classes; their numbers, where the data set has no names. */
  readonly names: readonly string[];
  /** As many as are shown, in the order of the tables. */
  readonly points: readonly Classes[];
  /** How many there are. */
  readonly of: number;
}

/** So many matrices are drawn: who wants another one gives `plot` its results alone. */
const mostPoints = 6;

/**
 * The classes of a subject: at each point of its sweep those of the SNN without noise, of the ANN where there is none.
 * Undefined where no result tells of classes, or results differ in their number.
 */
export function classesOf({ ann, snn, repeat }: Subject): SubjectClasses | undefined {
  const among = [...ann, ...snn];
  const spiking = withoutNoise(groupsOf(snn, repeat, among));
  const isSpiking = ({ precision, labels }: ResultGroup) =>
    spiking.some(
      (own) =>
        own.precision === precision &&
        Object.entries(labels).every(([axis, label]) => (own.labels[axis] ?? label) === label),
    );
  const dense = groupsOf(ann, repeat, among).filter((group) => !isSpiking(group));
  const points = [...dense, ...spiking]
    .toSorted((a, b) => comparePrecisions(a.precision, b.precision))
    .flatMap((group: ResultGroup) => pointOf(group) ?? []);
  const [count, ...others] = new Set(points.map(({ confusion }) => confusion.length));
  if (count === undefined || others.length > 0) return undefined;
  const named = among.find(({ result }) => result.classNames?.length === count)?.result.classNames;
  const names = named ?? Array.from({ length: count }, (_, label) => String(label));
  return { names, points: points.slice(0, mostPoints), of: points.length };
}

function pointOf(group: ResultGroup): Classes | undefined {
  const results = group.samples.map((runs) => runs.map(({ result }) => result));
  const [first, ...others] = results.flat().map(({ confusion }) => confusion);
  if (first === undefined || others.some((other) => other?.length !== first.length)) return undefined;
  const all = [first, ...others] as readonly (readonly (readonly number[])[])[];
  const confusion = first.map((row, label) =>
    row.map((_, prediction) => all.reduce((sum, one) => sum + one[label]![prediction]!, 0)),
  );
  const { name } = group;
  return { name, group, confusion, accuracy: first.map((_, label) => classAccuracy(results, confusion, label)) };
}

/** By Student's t over repetitions, by Wilson's score of a single run: as the accuracy over all classes. */
function classAccuracy(
  samples: readonly (readonly (AnnResult | SnnResult)[])[],
  confusion: readonly (readonly number[])[],
  label: number,
): Estimate | undefined {
  const row = confusion[label]!;
  const images = imagesIn(row);
  if (images === 0) return undefined;
  const [first, ...others] = samples.flat();
  if (others.length === 0 && Number.isInteger(row[label])) return proportion(row[label]!, images);
  const shares = samples.map((runs) => mean(runs.map(({ confusion: own }) => share(own![label]!, label))));
  return shares.length > 1 || first === undefined ? estimate(shares) : { n: 1, mean: shares[0]! };
}

/** How many images a class has. */
export function imagesIn(row: readonly number[]): number {
  return row.reduce((sum, count) => sum + count, 0);
}

/** Of the images of a class, those that were taken for another one, or itself. */
export function share(row: readonly number[], prediction: number): number {
  const images = imagesIn(row);
  return images === 0 ? 0 : row[prediction]! / images;
}

/** What images of a class were taken for beside itself, the most frequent first. */
export function mistakesOf(row: readonly number[], label: number): { prediction: number; share: number }[] {
  return row
    .map((_, prediction) => ({ prediction, share: share(row, prediction) }))
    .filter((one) => one.prediction !== label && one.share > 0)
    .sort((a, b) => b.share - a.share);
}
