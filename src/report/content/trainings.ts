import type { Epoch, History } from '../../results/history.js';
import { comparePrecisions, displayPrecision, groupBy } from '../numbers/group.js';
import type { ReportItem } from './content.js';
import { nameOf, numbered } from './groups.js';

/** Trainings that differ in nothing but declared repetition: a row, or a line with its band. */
export interface TrainingGroup {
  /** `k1B2`, or `k1B2, lr=0.001` where trainings differ in more. */
  readonly name: string;
  /** Label of the axis that says the precision, if one does. */
  readonly precision?: string;
  /** Labels of the other axes that trainings differ in, without those of repetition. */
  readonly labels: Readonly<Record<string, string>>;
  /** One a repetition, its parts joined. */
  readonly trainings: readonly History[];
}

/**
 * Trainings as rows and series, by precision in the paper's order, then as they came.
 *
 * @param repeat names of the axes of repetition
 */
export function trainingsOf(items: readonly ReportItem<History>[], repeat: readonly string[]): TrainingGroup[] {
  const axes = [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (axis) => !repeat.includes(axis),
  );
  const valuesOf = (axis: string) => new Set(items.flatMap(({ labels }) => labels[axis] ?? []));
  const precisionAxis = axes.find((axis) => [...valuesOf(axis)].every(isPrecision));
  const telling = axes.filter((axis) => axis !== precisionAxis && valuesOf(axis).size > 1);
  const keyOf = ({ labels }: ReportItem<History>) =>
    JSON.stringify([precisionAxis && labels[precisionAxis], ...telling.map((axis) => labels[axis])]);
  const groups = [...groupBy(items, keyOf).values()].flatMap((all): TrainingGroup[] => {
    const { labels: first } = all[0]!;
    const labels = Object.fromEntries(telling.flatMap((axis) => (axis in first ? [[axis, first[axis]!]] : [])));
    const precision = precisionAxis && first[precisionAxis];
    const repetitions = groupBy(all, ({ labels: own }) => JSON.stringify(repeat.map((axis) => own[axis])));
    const joined = [...repetitions.values()].flatMap((parts) =>
      trainingsAmong(parts.map(({ result }) => result)).map((result) => ({ result, labels: parts[0]!.labels })),
    );
    return numbered(joined, repeat).map((trainings, index, { length }) => ({
      name: nameOf(displayPrecision(precision ?? ''), labels, length > 1 ? index : undefined) || 'training',
      ...(precision === undefined ? {} : { precision }),
      labels: length > 1 ? { ...labels, training: String(index + 1) } : labels,
      trainings: trainings.map(({ result }) => result),
    }));
  });
  return groups.toSorted((a, b) => comparePrecisions(a.precision ?? '', b.precision ?? ''));
}

/** True for the label of a precision, such as `k1B2`. */
export const isPrecision = (label: string): boolean => /^(fp32|k\d+B\d+)$/.test(label);

/**
 * The trainings that parts make. A resumed training has only its own epochs, so that parts follow on each other; where two
 * have the same epoch they are different trainings.
 */
function trainingsAmong(parts: readonly History[]): History[] {
  const trainings: (History & { epochs: Epoch[] })[] = [];
  for (const part of parts.toSorted((a, b) => (a.epochs[0]?.epoch ?? 0) - (b.epochs[0]?.epoch ?? 0))) {
    const [first] = part.epochs;
    if (first === undefined) continue;
    const before = trainings.find(({ epochs }) => epochs.at(-1)!.epoch < first.epoch);
    if (before) Object.assign(before, part, { epochs: [...before.epochs, ...part.epochs] });
    else trainings.push({ ...part, epochs: [...part.epochs] });
  }
  return trainings;
}
