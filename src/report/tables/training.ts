import { describeItems, type ItemVerdict } from '../content/content.js';
import type { Subject } from '../content/subjects.js';
import { joinParts } from '../content/trainings.js';
import { grouped, percent, threeDigits } from '../numbers/format.js';
import { comparePrecisions, displayPrecision } from '../numbers/group.js';
import { expectationColumns, numberColumn, type ReportTable, textColumn, withoutEmpty } from './table.js';

/** How trainings ended, a row a training. */
export function trainingTable({ history }: Subject): ReportTable | undefined {
  const trainings = joinParts(history.map(({ result }) => result));
  if (trainings.length === 0) return undefined;
  const share = (value: number) => (Number.isFinite(value) ? percent(value) : '');
  const rows = trainings.map(({ label, epochs }) => {
    const last = epochs.at(-1)!;
    const tested = epochs.filter(({ testAccuracy }) => Number.isFinite(testAccuracy));
    const best = tested.reduce<(typeof tested)[number] | undefined>(
      (most, epoch) => (most === undefined || epoch.testAccuracy > most.testAccuracy ? epoch : most),
      undefined,
    );
    return [
      ...[displayPrecision(label), grouped(epochs.length), grouped(last.epoch)],
      Number.isFinite(last.loss) ? last.loss.toPrecision(4) : 'NaN',
      ...[share(last.trainAccuracy), share(last.testAccuracy)],
      best === undefined ? '' : `${percent(best.testAccuracy)} (epoch ${best.epoch})`,
      threeDigits(last.learningRate),
    ];
  });
  return withoutEmpty({
    ...{ name: 'training', title: 'Training' },
    columns: [
      ...[
        textColumn('training'),
        numberColumn('epochs shown'),
        numberColumn('last epoch'),
        numberColumn('loss at its end'),
      ],
      ...[
        numberColumn('on training images (%)'),
        numberColumn('on test images (%)'),
        numberColumn('best on test images (%)'),
      ],
      numberColumn('last learning rate'),
    ],
    rows,
    notes: ['The last epoch is what is converted and tested, not the best one.'],
  });
}

/** What conversion did, and how ANN and SNN compare neuron by neuron, a row a network. */
export function conversionTable({ conversion }: Subject): ReportTable | undefined {
  if (conversion.length === 0) return undefined;
  const sorted = conversion
    .map((item) => ({ ...item, label: Object.values(item.labels).join(' ') || 'network' }))
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
        : [`Not compared (n/a) are numbers of another run than this one: ${inapplicable.join('; ')}.`],
  });
}
