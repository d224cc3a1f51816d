import type { Estimate } from '../../results/statistics.js';
import type { ItemVerdict } from '../content/content.js';
import { accuracyDifference, accuracyOf, type ResultGroup } from '../content/groups.js';
import { amountText, byNoise, leastNoise, paperNoise, withoutNoise } from '../content/noise.js';
import type { Subject } from '../content/subjects.js';
import { differenceNotes, estimateNotes, percentEstimate, pointsEstimate } from '../numbers/estimates.js';
import { percent, shortNumber, signed } from '../numbers/format.js';
import { comparePrecisions } from '../numbers/group.js';
import { axesOf, pointCells, pointColumns, pointsOf, verdictsOn } from './points.js';
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

const shown = (estimate: Estimate | undefined): string => (estimate === undefined ? '' : percentEstimate(estimate));

/** How far an accuracy is from a number of the paper's, in points: with the digits of what is judged. */
const points = (a: Estimate | undefined, b: number | undefined): string =>
  a === undefined || b === undefined ? '' : signed(100 * (a.mean - b));

/** An ANN and its spiking network at a point of the sweep; one may be missing. */
interface Pair {
  readonly point: Pick<ResultGroup, 'precision' | 'labels'>;
  readonly ann?: ResultGroup;
  readonly snn?: ResultGroup;
}

/** Accuracy without noise, a row a point of the sweep: the paper's beside that of ANN and SNN. */
export function accuracyTable(subject: Subject): ReportTable | undefined {
  const { ann, snn } = pointsOf(subject);
  const pairs = pairsOf(ann, withoutNoise(snn));
  if (pairs.length === 0) return undefined;
  const all: ItemVerdict[] = [];
  const estimates: Estimate[] = [];
  const differences: Estimate[] = [];
  const axes = axesOf(pairs.map(({ point }) => point));
  const rows = pairs.map((pair) => {
    const groups = [pair.snn ?? [], pair.ann ?? []].flat();
    const [a, s] = [pair.ann && accuracyOf(pair.ann), pair.snn && accuracyOf(pair.snn)];
    const difference = pair.snn && pair.ann && accuracyDifference(pair.snn, pair.ann);
    estimates.push(...[a ?? [], s ?? []].flat());
    differences.push(...[difference ?? []].flat());
    const expected = verdictsOn(subject, groups, ['accuracy']);
    all.push(...expected);
    const paper = referenceValues(expected);
    return [
      ...pointCells(pair.point, axes),
      paper.map(percent).join(' / '),
      ...[shown(a), shown(s), difference === undefined ? '' : pointsEstimate(difference)],
      points(s ?? a, comparedValue(expected)),
      tolerances(expected),
      worstVerdict(expected),
    ];
  });
  return withoutEmpty({
    ...{ name: 'accuracy', title: 'Accuracy' },
    columns: [
      ...pointColumns(axes),
      ...[
        numberColumn('paper (%)'),
        numberColumn('ANN (%)'),
        numberColumn('SNN (%)'),
        numberColumn('SNN − ANN (points)'),
      ],
      ...[numberColumn('difference from paper (points)'), numberColumn('tolerance (points)'), verdictColumn],
    ],
    rows,
    notes: [
      'Test accuracy; the SNN without noise, in one time step. Precision: 2ᵏ levels per unit, activations clipped at B.',
      ...[...estimateNotes(estimates), ...differenceNotes(differences)],
      ...sourcesNote(all),
    ],
  });
}

/** Each SNN with the one ANN at its point, then ANNs that have none; by precision, as they came. */
function pairsOf(ann: readonly ResultGroup[], snn: readonly ResultGroup[]): Pair[] {
  const used = new Set<ResultGroup>();
  const pairs = snn.map((own): Pair => {
    const [partner, ...others] = ann.filter(
      ({ precision, labels }) =>
        precision === own.precision &&
        Object.entries(labels).every(([axis, label]) => (own.labels[axis] ?? label) === label),
    );
    if (partner === undefined || others.length > 0) return { point: own, snn: own };
    used.add(partner);
    return { point: own, snn: own, ann: partner };
  });
  const alone = ann.filter((group) => !used.has(group)).map((group): Pair => ({ point: group, ann: group }));
  return [...alone, ...pairs].sort((a, b) => comparePrecisions(a.point.precision, b.point.precision));
}

/** Accuracy of the SNN against noise, a row a point of the sweep and level. */
export function noiseTable(subject: Subject): ReportTable | undefined {
  const { snn } = pointsOf(subject);
  if (!snn.some(({ noise }) => noise > 0) || snn.every(({ noise }) => noise === snn[0]!.noise)) return undefined;
  const isPaper = snn.every(({ noise, noiseName }) => noise === 0 || noiseName === paperNoise);
  const all: ItemVerdict[] = [];
  const estimates: Estimate[] = [];
  const differences: Estimate[] = [];
  const axes = axesOf(snn);
  const named = [...new Set(snn.map(({ name }) => name))];
  const rows = named.flatMap((name) => {
    // By noise and its amount.
    const own = snn.filter((group) => group.name === name);
    const levels = [
      ...withoutNoise(own),
      ...byNoise(own).flatMap(({ groups }) => groups.filter(({ noise }) => noise > 0)),
    ];
    return levels.map((group) => {
      const accuracy = accuracyOf(group);
      const first = leastNoise(levels.filter((other) => other.noise === 0 || other.noiseName === group.noiseName))[0]!;
      const change = group === first ? undefined : accuracyDifference(group, first);
      estimates.push(accuracy);
      differences.push(...[change ?? []].flat());
      const expected = verdictsOn(subject, [group], ['accuracy']);
      all.push(...expected);
      const paper = referenceValues(expected);
      return [
        ...[
          ...pointCells(group, axes),
          ...(isPaper ? [shortNumber(100 * group.noise)] : noiseCells(group)),
          paper.map(percent).join(' / '),
          shown(accuracy),
        ],
        change === undefined ? '' : pointsEstimate(change),
        ...[points(accuracy, comparedValue(expected)), tolerances(expected), worstVerdict(expected)],
      ];
    });
  });
  return withoutEmpty({
    ...{ name: 'noise', title: 'Accuracy under noise' },
    columns: [
      ...pointColumns(axes),
      ...(isPaper ? [numberColumn('noise (%)')] : [textColumn('noise'), numberColumn('amount')]),
      ...[numberColumn('paper (%)'), numberColumn('SNN (%)')],
      ...[numberColumn('change by noise (points)'), numberColumn('difference from paper (points)')],
      ...[numberColumn('tolerance (points)'), verdictColumn],
    ],
    rows,
    notes: [
      isPaper
        ? 'Noise: each spike of the encoding layer is deleted with this probability, by a seeded random generator.'
        : 'Noise: probabilities are those of each spike or weight; standard deviations are in thresholds (θ: the median size of a layer’s). By a seeded random generator.',
      ...[...estimateNotes(estimates), ...differenceNotes(differences)],
      ...sourcesNote(all),
    ],
  });
}

const noiseCells = ({ noise, noiseName, isSigma }: ResultGroup): string[] =>
  noise === 0 ? ['none', ''] : [noiseName, amountText(noise, isSigma)];

function tolerances(verdicts: readonly ItemVerdict[]): string {
  const values = verdicts.flatMap(({ reference }) => (reference === undefined ? [] : [reference.tolerance]));
  return [...new Set(values)].map((value) => `± ${shortNumber(100 * value)}`).join(' / ');
}
