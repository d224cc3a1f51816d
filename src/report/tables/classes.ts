import { classesOf, imagesIn, mistakesOf } from '../content/classes.js';
import type { Subject } from '../content/subjects.js';
import { estimateNotes, percentEstimate, shareText } from '../numbers/estimates.js';
import { grouped } from '../numbers/format.js';
import { numberColumn, type ReportTable, textColumn } from './table.js';

/** Of so many classes each has a row, of more those that are recognised least; so many points have a column of mistakes. */
const most = { all: 20, least: 10, withMistakes: 3 } as const;

/** Accuracy by class, a column a point of the sweep, and what the class is taken for most often. */
export function classesTable(subject: Subject): ReportTable | undefined {
  const classes = classesOf(subject);
  if (classes === undefined) return undefined;
  const { names, points } = classes;
  const accuracyIn = (label: number) =>
    points.reduce((sum, { accuracy }) => sum + (accuracy[label]?.mean ?? 1), 0) / points.length;
  const labels = names.map((_, label) => label);
  const isCut = names.length > most.all;
  const shown = isCut ? labels.toSorted((a, b) => accuracyIn(a) - accuracyIn(b)).slice(0, most.least) : labels;
  const isTold = points.length <= most.withMistakes;
  const cell = (label: number) =>
    points.flatMap(({ accuracy, confusion }) => {
      const estimate = accuracy[label];
      const mistake = mistakesOf(confusion[label]!, label)[0];
      const taken =
        mistake === undefined
          ? ''
          : `${names[mistake.prediction]!}, ${shareText(confusion[label]![mistake.prediction]!, imagesIn(confusion[label]!))}`;
      return [estimate === undefined ? '' : percentEstimate(estimate), ...(isTold ? [taken] : [])];
    });
  return {
    ...{ name: 'classes', title: 'Accuracy by class' },
    columns: [
      textColumn('class'),
      ...points.flatMap(({ name }) => [
        numberColumn(`${name} (%)`),
        // Of more points, columns would be too many: it is in their charts.
        ...(isTold ? [textColumn(`${name}: most often mistaken for`)] : []),
      ]),
    ],
    rows: shown.map((label) => [names[label]!, ...cell(label)]),
    notes: [
      'Of the test images of each class, those that were recognised; of the SNN without noise, or of the ANN where there is none.',
      ...(isCut ? [`Of ${grouped(names.length)} classes, the ${most.least} that are recognised least.`] : []),
      ...estimateNotes(points.flatMap(({ accuracy }) => accuracy.flatMap((estimate) => estimate ?? []))),
    ],
  };
}
