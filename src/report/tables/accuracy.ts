import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import type { ItemVerdict } from '../content/content.js';
import type { Subject } from '../content/subjects.js';
import { percent, shortNumber, signed } from '../numbers/format.js';
import { comparePrecisions, displayPrecision, groupBy, mean, runsNote } from '../numbers/group.js';
import {
  comparedValue,
  numberColumn,
  type ReportTable,
  referenceValues,
  sourcesNote,
  textColumn,
  verdictColumn,
  withoutEmpty,
  worstVerdict,
} from './table.js';

type Result = AnnResult | SnnResult;
const noiseOf = (result: Result): number => ('noise' in result ? result.noise : 0);
const meanAccuracy = (results: readonly Result[]): number | undefined =>
  results.length === 0 ? undefined : mean(results.map(({ accuracy }) => accuracy));
const shown = (share: number | undefined): string => (share === undefined ? '' : percent(share));
const points = (a: number | undefined, b: number | undefined): string =>
  a === undefined || b === undefined ? '' : signed(100 * (a - b));

/** What is expected of the accuracy of these results. */
function accuracyVerdicts({ verdicts }: Subject, results: readonly Result[]): ItemVerdict[] {
  return verdicts.filter(({ metric, item }) => metric === 'accuracy' && results.some((one) => one === item.result));
}

/** Accuracy without noise, a row a precision: the paper's beside that of ANN and SNN. */
export function accuracyTable(subject: Subject): ReportTable | undefined {
  const ann = groupBy(results(subject.ann), ({ precision }) => precision);
  const clean = results(subject.snn).filter(({ noise }) => noise === 0);
  const snn = groupBy(clean, ({ precision }) => precision);
  const precisions = [...new Set([...ann.keys(), ...snn.keys()])].sort(comparePrecisions);
  if (precisions.length === 0) return undefined;
  const all: ItemVerdict[] = [];
  const rows = precisions.map((precision) => {
    const [anns, snns] = [ann.get(precision) ?? [], snn.get(precision) ?? []];
    const [a, s] = [meanAccuracy(anns), meanAccuracy(snns)];
    const expected = accuracyVerdicts(subject, [...snns, ...anns]);
    all.push(...expected);
    const paper = referenceValues(expected);
    return [
      displayPrecision(precision),
      paper.map(percent).join(' / '),
      ...[shown(a), shown(s), points(s, a), points(s ?? a, comparedValue(expected))],
      tolerances(expected),
      worstVerdict(expected),
    ];
  });
  const note = runsNote([...ann.values(), ...snn.values()]);
  return withoutEmpty({
    ...{ name: 'accuracy', title: 'Accuracy' },
    columns: [
      ...[
        textColumn('precision'),
        numberColumn('paper (%)'),
        numberColumn('ANN (%)'),
        numberColumn('SNN (%)'),
        numberColumn('SNN − ANN (points)'),
      ],
      ...[numberColumn('difference from paper (points)'), numberColumn('tolerance (points)'), verdictColumn],
    ],
    rows,
    notes: [
      'Test accuracy; the SNN without noise, in one time step. Precision: 2ᵏ levels a unit, activations clipped at B.',
      ...(note === undefined ? [] : [`Figures are ${note}.`]),
      ...sourcesNote(all),
    ],
  });
}

/** Accuracy of the SNN against noise, a row a precision and level. */
export function noiseTable(subject: Subject): ReportTable | undefined {
  const snn = results(subject.snn);
  if (new Set(snn.map(noiseOf)).size < 2) return undefined;
  const all: ItemVerdict[] = [];
  const rows = [...groupBy(snn, ({ precision }) => precision)]
    .sort(([a], [b]) => comparePrecisions(a, b))
    .flatMap(([precision, runs]) => {
      const levels = [...groupBy(runs, ({ noise }) => noise)].sort(([a], [b]) => a - b);
      const [least, clean] = levels[0]!;
      return levels.map(([noise, group]) => {
        const accuracy = meanAccuracy(group);
        const expected = accuracyVerdicts(subject, group);
        all.push(...expected);
        const paper = referenceValues(expected);
        return [
          ...[displayPrecision(precision), shortNumber(100 * noise), paper.map(percent).join(' / '), shown(accuracy)],
          noise === least ? '' : points(accuracy, meanAccuracy(clean)),
          ...[points(accuracy, comparedValue(expected)), tolerances(expected), worstVerdict(expected)],
        ];
      });
    });
  return withoutEmpty({
    ...{ name: 'noise', title: 'Accuracy under noise' },
    columns: [
      ...[textColumn('precision'), numberColumn('noise (%)'), numberColumn('paper (%)'), numberColumn('SNN (%)')],
      ...[numberColumn('change by noise (points)'), numberColumn('difference from paper (points)')],
      ...[numberColumn('tolerance (points)'), verdictColumn],
    ],
    rows,
    notes: [
      'Noise: each spike of the encoding layer is deleted with this probability, by a seeded random generator.',
      ...sourcesNote(all),
    ],
  });
}

function results<T>(items: readonly { readonly result: T }[]): T[] {
  return items.map(({ result }) => result);
}

function tolerances(verdicts: readonly ItemVerdict[]): string {
  const values = verdicts.flatMap(({ reference }) => (reference === undefined ? [] : [reference.tolerance]));
  return [...new Set(values)].map((value) => `± ${shortNumber(100 * value)}`).join(' / ');
}
