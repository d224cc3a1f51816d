import { type Epoch, type History, keptEpoch } from '../../results/history.js';
import { type Estimate, estimate, proportion } from '../../results/statistics.js';
import { describeItems, type ItemVerdict } from '../content/content.js';
import type { Subject } from '../content/subjects.js';
import { isPrecision, trainingsOf } from '../content/trainings.js';
import { amountEstimate, estimateNotes, percentEstimate } from '../numbers/estimates.js';
import { grouped, threeDigits } from '../numbers/format.js';
import { comparePrecisions, displayPrecision } from '../numbers/group.js';
import { axesOf, pointColumns } from './points.js';
import { expectationColumns, numberColumn, type ReportTable, textColumn, withoutEmpty } from './table.js';

/** Which epoch figures are of. */
const figuresNote = (trainings: readonly History[]): string =>
  trainings.some(({ kept }) => kept !== undefined)
    ? 'Figures are of the epoch that was kept as the best one on images held out for validation. None is chosen by the test images.'
    : 'Figures are of the last epoch. None is chosen by the test images.';

/** How trainings ended, a row a point of the sweep: of repetitions the mean. */
export function trainingTable({ history, repeat, ann, snn }: Subject): ReportTable | undefined {
  const groups = trainingsOf(history, repeat);
  if (groups.length === 0) return undefined;
  const axes = axesOf(groups);
  const [testImages, ...others] = new Set([...ann, ...snn].map(({ result }) => result.images));
  const estimates: Estimate[] = [];
  const meanOf = (trainings: readonly History[], of: (last: Epoch) => number): Estimate | undefined => {
    const values = trainings.map((training) => of(keptEpoch(training)!));
    if (!values.every(Number.isFinite)) return undefined;
    const found = estimate(values);
    estimates.push(found);
    return found;
  };
  const ofImages = (accuracy: number, images: number): string => {
    if (!Number.isFinite(accuracy) || images === 0) return '';
    const found = proportion(Math.round(accuracy * images), images);
    estimates.push(found);
    return percentEstimate(found);
  };
  const rows = groups.map((group) => {
    const { labels, trainings } = group;
    const shown = (of: (last: Epoch) => number, show: (value: Estimate) => string) => {
      const found = meanOf(trainings, of);
      return found === undefined ? '' : show(found);
    };
    const same = (of: (training: History) => number, show: (value: number) => string) =>
      [...new Set(trainings.map(of))].map(show).join(', ');
    return [
      ...[displayPrecision(group.precision ?? ''), ...axes.map((axis) => labels[axis] ?? '')],
      same(({ epochs }) => epochs.length, grouped),
      same(({ epochs }) => epochs.at(-1)!.epoch, grouped),
      shown(({ loss }) => loss, amountEstimate) || 'NaN',
      shown(({ trainAccuracy }) => trainAccuracy, percentEstimate),
      shown(({ validationAccuracy = Number.NaN }) => validationAccuracy, percentEstimate),
      // A training doesn't say how many test images there were; results on the same data do.
      others.length === 0 && testImages !== undefined && trainings.length === 1
        ? ofImages(keptEpoch(trainings[0]!)!.testAccuracy, testImages)
        : shown(({ testAccuracy }) => testAccuracy, percentEstimate),
      same(({ epochs }) => epochs.at(-1)!.learningRate, threeDigits),
    ];
  });
  return withoutEmpty({
    ...{ name: 'training', title: 'Training' },
    columns: [
      ...pointColumns(axes),
      ...[numberColumn('epochs shown'), numberColumn('last epoch'), numberColumn('loss at its end')],
      ...[numberColumn('on training images (%)'), numberColumn('on held-out images (%)')],
      numberColumn('on test images (%)'),
      numberColumn('last learning rate'),
    ],
    rows,
    notes: [figuresNote(groups.flatMap(({ trainings }) => trainings)), ...estimateNotes(estimates)],
  });
}

/** What conversion did, and how ANN and SNN compare neuron by neuron, a row a network. */
export function conversionTable({ conversion }: Subject): ReportTable | undefined {
  if (conversion.length === 0) return undefined;
  const sorted = conversion
    .map((item) => ({ ...item, label: labelOf(item.labels) || 'network' }))
    .sort((a, b) => comparePrecisions(a.label, b.label));
  const rows = sorted.map(({ label, result }) => {
    const { comparison } = result;
    const different = comparison?.layers.reduce((sum, layer) => sum + layer.different, 0);
    const count = (value: number | undefined) => (value === undefined ? '' : grouped(value));
    return [
      label,
      ...[comparison?.images, comparison?.neuronsCompared, different, comparison?.predictionsDifferent].map(count),
      ...[result.negatedChannels, result.constantChannels, result.correctedThresholds].map(grouped),
    ];
  });
  return withoutEmpty({
    ...{ name: 'conversion', title: 'Conversion, ANN against SNN neuron by neuron' },
    columns: [
      ...[
        textColumn('network'),
        numberColumn('test images'),
        numberColumn('neurons compared'),
        numberColumn('neurons different'),
      ],
      ...[numberColumn('predictions different'), numberColumn('channels negated'), numberColumn('channels constant')],
      numberColumn('thresholds corrected'),
    ],
    rows,
    notes: [
      'A neuron is the same if its SNN emits as many spikes as its activation in the ANN is worth. Channels with negative γ are negated before; thresholds are corrected to the smallest membrane for which the ANN’s own arithmetic decides the same.',
    ],
  });
}

/** `k1B2, seed=1` */
function labelOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([axis, label]) => (isPrecision(label) ? displayPrecision(label) : `${axis}=${label}`))
    .join(', ');
}

/**
 * Every expectation with its verdict, as `spikeline check` has them.
 *
 * @param inapplicable why some are not compared
 * @param repeat names of the axes of repetition
 */
export function expectationsTable(
  verdicts: readonly ItemVerdict[],
  inapplicable: readonly string[],
  repeat: readonly string[],
): ReportTable | undefined {
  if (verdicts.length === 0) return undefined;
  return withoutEmpty({
    ...{ name: 'expectations', title: 'Expectations' },
    columns: [textColumn('result'), ...expectationColumns],
    rows: verdicts.map(({ input, items, metric, expected, got, interval, difference, source = '', ...one }) => [
      ...[describeItems(input, items, repeat), metric, expected, got, interval, difference, one.verdict, source],
    ]),
    notes:
      inapplicable.length === 0
        ? []
        : [`Not compared (n/a), because the numbers belong to a different run: ${inapplicable.join('; ')}.`],
  });
}
