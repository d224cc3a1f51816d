import type { SnnResult } from '../../results/snn-result.js';
import type { Estimate } from '../../results/statistics.js';
import type { ItemVerdict } from '../content/content.js';
import { measure, type ResultGroup } from '../content/groups.js';
import { disturbanceText, leastNoise } from '../content/noise.js';
import type { Subject } from '../content/subjects.js';
import { type Energy, energyPerImage, energySource, picojoules } from '../numbers/energy.js';
import {
  amountEstimate,
  countEstimate,
  estimateNotes,
  halfOf,
  percentEstimate,
  ratioText,
  ratioTo,
} from '../numbers/estimates.js';
import { grouped, signed, threeDigits } from '../numbers/format.js';
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

const exclusions = 'Encoding and dense layer are left out on both sides, as in the paper.';

type SnnGroup = ResultGroup<SnnResult>;

/** Networks at the least noise: counts belong to the network without any. */
interface Counted {
  readonly groups: readonly SnnGroup[];
  readonly axes: readonly string[];
  readonly note: readonly string[];
}

function countedOf(subject: Subject): Counted | undefined {
  const { snn } = pointsOf(subject);
  if (snn.length === 0) return undefined;
  const groups = leastNoise(snn);
  const note = groups[0]!.noise > 0 ? [`Counted at ${disturbanceText(groups[0]!)}.`] : [];
  return { groups, axes: axesOf(groups), note };
}

/** A result of the group: for what all of them have in common. */
const anyOf = ({ samples }: SnnGroup): SnnResult => samples[0]![0]!.result;

/** Cells of a count beside the paper's: paper, ours, difference in percent. */
function beside(verdicts: readonly ItemVerdict[], ours: Estimate): [string, string, string] {
  const paper = referenceValues(verdicts);
  const first = comparedValue(verdicts);
  const difference = first === undefined || first === 0 ? '' : signed((100 * (ours.mean - first)) / first, 1);
  return [paper.map(grouped).join(' / '), countEstimate(ours), difference];
}

/** Spikes an image beside the number of neurons, a row a point of the sweep. */
export function spikesTable(subject: Subject): ReportTable | undefined {
  const counted = countedOf(subject);
  if (counted === undefined) return undefined;
  const { groups, axes, note } = counted;
  const all: ItemVerdict[] = [];
  const estimates: Estimate[] = [];
  const rows = groups.map((group) => {
    const expected = verdictsOn(subject, [group], ['spikesPerImage']);
    all.push(...expected);
    const { neurons, levels } = anyOf(group);
    const spikes = measure(group, (run) => run.spikesPerImage);
    const rate = measure(group, (run) => run.firingRate);
    estimates.push(spikes);
    return [
      ...[...pointCells(group, axes), grouped(neurons), grouped(levels)],
      ...[...beside(expected, spikes), percentEstimate(rate), worstVerdict(expected)],
    ];
  });
  return withoutEmpty({
    ...{ name: 'spikes', title: 'Spikes per image' },
    columns: [
      ...[...pointColumns(axes), numberColumn('neurons'), numberColumn('levels L')],
      ...[numberColumn('paper'), numberColumn('spikes')],
      ...[numberColumn('difference from paper (%)'), numberColumn('firing rate (%)'), verdictColumn],
    ],
    rows,
    notes: [
      'Spikes of all convolutions, the encoding layer included, the dense layer excluded; a neuron emits at most L = 2ᵏ·B.',
      'Firing rate: spikes/(neurons·L).',
      ...[...note, ...estimateNotes(estimates)],
      ...sourcesNote(all),
    ],
  });
}

/** Synaptic operations an image in the three conventions, a row a point of the sweep. */
export function operationsTable(subject: Subject): ReportTable | undefined {
  const counted = countedOf(subject);
  if (counted === undefined) return undefined;
  const { groups, axes, note } = counted;
  const all: ItemVerdict[] = [];
  const estimates: Estimate[] = [];
  const rows = groups.map((group) => {
    const metrics = ['sopsPerImage', 'eventSopsPerImage', 'effectiveSopsPerImage'] as const;
    const paper = verdictsOn(subject, [group], ['sopsPerImage']);
    const expected = verdictsOn(subject, [group], metrics);
    all.push(...paper);
    const counts = metrics.map((metric) => measure(group, (run) => run[metric]));
    const [sops, event, effective] = counts as [Estimate, Estimate, Estimate];
    estimates.push(sops);
    return [
      ...[...pointCells(group, axes), ...beside(paper, sops), countEstimate(event), countEstimate(effective)],
      ...[grouped(anyOf(group).denseMacs), worstVerdict(expected)],
    ];
  });
  return withoutEmpty({
    ...{ name: 'operations', title: 'Synaptic operations per image' },
    columns: [
      ...[...pointColumns(axes), numberColumn('paper'), numberColumn("SOPs, paper's convention")],
      numberColumn('difference from paper (%)'),
      ...[
        numberColumn('SOPs, event'),
        numberColumn('SOPs, effective'),
        numberColumn('multiply-adds of the ANN'),
        verdictColumn,
      ],
    ],
    rows,
    notes: [
      "Paper's convention: Σ over layers ≥ 2 of (sum of the im2col of the input spikes)·C_out·2·L, zero weights counted; the paper does not say where the factor 2 comes from.",
      "Event: additions in the usual sense, a spike times each of its synapses: the paper's number divided by 2·L. Effective: only additions of weights that are not zero.",
      ...[exclusions, ...note, ...estimateNotes(estimates), ...sourcesNote(all)],
    ],
  });
}

/** Estimated energy of the arithmetic, a row a point of the sweep. */
export function energyTable(subject: Subject): ReportTable | undefined {
  const counted = countedOf(subject);
  if (counted === undefined) return undefined;
  const { groups, axes, note } = counted;
  const estimates: Estimate[] = [];
  const ratios: Estimate[] = [];
  const rows = groups.map((group) => {
    const { ann } = energyPerImage(anyOf(group));
    const kinds = ['eventFloat', 'event', 'effective'] as const satisfies readonly (keyof Energy)[];
    const energies = kinds.map((kind) => measure(group, (run) => energyPerImage(run)[kind]));
    estimates.push(...energies);
    const ratioOver = (energy: Estimate) => {
      if (energy.mean === 0) return '';
      const ratio = ratioTo(ann, energy);
      ratios.push(ratio);
      return ratioText(ratio);
    };
    const cells = energies.map((energy, i) => [amountEstimate(energy), ...(i < 2 ? [ratioOver(energy)] : [])]);
    return [...pointCells(group, axes), threeDigits(ann), ...cells.flat()];
  });
  const { floatMultiplyAdd, floatAdd, int32Add } = picojoules;
  return {
    ...{ name: 'energy', title: 'Energy per image, estimated' },
    columns: [
      ...[...pointColumns(axes), numberColumn('ANN, float multiply-adds (µJ)')],
      // Like for like first, where no table is too narrow to show it.
      ...[numberColumn('SNN, event, float additions (µJ)'), numberColumn('ANN ÷ SNN (event, float)')],
      ...[numberColumn('SNN, event, int32 additions (µJ)'), numberColumn('ANN ÷ SNN (event, int32)')],
      numberColumn('SNN, effective, int32 additions (µJ)'),
    ],
    rows,
    notes: [
      `Assumed: ${floatMultiplyAdd} pJ per float multiply-add, ${floatAdd} pJ per float addition, ${int32Add} pJ per int32 addition (${energySource}).`,
      'Only arithmetic is counted: no memory access, no comparison with thresholds, no clock. An estimate, not a measurement.',
      ...[exclusions, ...note, ...estimateNotes(estimates)],
      ...(ratios.some((ratio) => halfOf(ratio) > 0)
        ? ['In brackets behind a ratio: its 95 % interval, by that of the energy that it is divided by.']
        : []),
    ],
  };
}

/** Firing rate of each layer, a column a point of the sweep. */
export function layersTable(subject: Subject): ReportTable | undefined {
  const counted = countedOf(subject);
  if (counted === undefined) return undefined;
  const { groups, note } = counted;
  const { layers } = anyOf(groups[0]!);
  const rates = layers.map((_, layer) =>
    groups.map((group) => measure(group, (run) => run.layers[layer]?.firingRate ?? 0)),
  );
  return {
    ...{ name: 'layers', title: 'Firing rate by layer' },
    columns: [
      ...[textColumn('layer'), numberColumn('neurons')],
      ...groups.map(({ name }) => numberColumn(`${name} (%)`)),
    ],
    rows: layers.map(({ name, neurons }, layer) => [
      name,
      grouped(neurons),
      ...rates[layer]!.map((rate) => percentEstimate(rate)),
    ]),
    notes: ['Spikes of those possible, in percent: spikes/(neurons·L).', ...note, ...estimateNotes(rates.flat())],
  };
}
