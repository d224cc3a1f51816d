import type { SnnResult } from '../../results/snn-result.js';
import type { ItemVerdict } from '../content/content.js';
import type { Subject } from '../content/subjects.js';
import { energyPerImage, energySource, picojoules } from '../numbers/energy.js';
import { grouped, percent, shortNumber, signed, threeDigits } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean } from '../numbers/group.js';
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

/** Runs by precision at the least noise, in the paper's order; counts belong to the network without noise. */
function byPrecision({ snn }: Subject): { runs: [string, SnnResult[]][]; note: string[] } {
  const results = snn.map(({ result }) => result);
  const least = Math.min(...results.map(({ noise }) => noise));
  const runs = [...groupBy(results, ({ precision }) => precision)]
    .map(([precision, all]): [string, SnnResult[]] => [precision, all.filter(({ noise }) => noise === least)])
    .filter(([, group]) => group.length > 0)
    .sort(([a], [b]) => comparePrecisions(a, b));
  return { runs, note: least > 0 && runs.length > 0 ? [`Counted at ${shortNumber(100 * least)} % noise.`] : [] };
}

const meanOf = (runs: readonly SnnResult[], of: (run: SnnResult) => number): number => mean(runs.map(of));

/** Cells of a count beside the paper's: paper, ours, difference in percent. */
function beside(verdicts: readonly ItemVerdict[], ours: number): [string, string, string] {
  const paper = referenceValues(verdicts);
  const first = comparedValue(verdicts);
  const difference = first === undefined || first === 0 ? '' : signed((100 * (ours - first)) / first, 1);
  return [paper.map(grouped).join(' / '), grouped(ours), difference];
}

function verdictsOn({ verdicts }: Subject, runs: readonly SnnResult[], metrics: readonly string[]): ItemVerdict[] {
  return verdicts.filter(({ metric, item }) => metrics.includes(metric) && runs.some((run) => run === item.result));
}

/** Spikes an image beside the number of neurons, a row a precision. */
export function spikesTable(subject: Subject): ReportTable | undefined {
  const { runs, note } = byPrecision(subject);
  if (runs.length === 0) return undefined;
  const all: ItemVerdict[] = [];
  const rows = runs.map(([precision, group]) => {
    const expected = verdictsOn(subject, group, ['spikesPerImage']);
    all.push(...expected);
    const { neurons, levels } = group[0]!;
    return [
      ...[precision, grouped(neurons), grouped(levels)],
      ...beside(
        expected,
        meanOf(group, (run) => run.spikesPerImage),
      ),
      percent(meanOf(group, (run) => run.firingRate)),
      worstVerdict(expected),
    ];
  });
  return withoutEmpty({
    ...{ name: 'spikes', title: 'Spikes per image' },
    columns: [
      ...[
        textColumn('precision'),
        numberColumn('neurons'),
        numberColumn('levels L'),
        numberColumn('paper'),
        numberColumn('spikes'),
      ],
      ...[numberColumn('difference from paper (%)'), numberColumn('firing rate (%)'), verdictColumn],
    ],
    rows,
    notes: [
      'Spikes of all convolutions, the encoding layer included, the dense layer excluded; a neuron emits at most L = 2ᵏ·B.',
      'Firing rate: spikes/(neurons·L).',
      ...note,
      ...sourcesNote(all),
    ],
  });
}

/** Synaptic operations an image in the three conventions, a row a precision. */
export function operationsTable(subject: Subject): ReportTable | undefined {
  const { runs, note } = byPrecision(subject);
  if (runs.length === 0) return undefined;
  const all: ItemVerdict[] = [];
  const rows = runs.map(([precision, group]) => {
    const metrics = ['sopsPerImage', 'eventSopsPerImage', 'effectiveSopsPerImage'];
    const paper = verdictsOn(subject, group, ['sopsPerImage']);
    const expected = verdictsOn(subject, group, metrics);
    all.push(...paper);
    return [
      precision,
      ...beside(
        paper,
        meanOf(group, (run) => run.sopsPerImage),
      ),
      grouped(meanOf(group, (run) => run.eventSopsPerImage)),
      grouped(meanOf(group, (run) => run.effectiveSopsPerImage)),
      grouped(group[0]!.denseMacs),
      worstVerdict(expected),
    ];
  });
  return withoutEmpty({
    ...{ name: 'operations', title: 'Synaptic operations per image' },
    columns: [
      ...[
        textColumn('precision'),
        numberColumn('paper'),
        numberColumn("SOPs, paper's convention"),
        numberColumn('difference from paper (%)'),
      ],
      ...[
        numberColumn('SOPs, event'),
        numberColumn('SOPs, effective'),
        numberColumn('multiply-adds of the ANN'),
        verdictColumn,
      ],
    ],
    rows,
    notes: [
      "Paper's convention: Σ over layers ≥ 2 of (sum of the im2col of the input spikes)·C_out·2·L, zero weights counted; where the factor 2 comes from is nowhere stated.",
      "Event: additions in the usual sense, a spike times each of its synapses: the paper's number divided by 2·L. Effective: only additions of weights that are not zero.",
      exclusions,
      ...note,
      ...sourcesNote(all),
    ],
  });
}

/** Estimated energy of the arithmetic, a row a precision. */
export function energyTable(subject: Subject): ReportTable | undefined {
  const { runs, note } = byPrecision(subject);
  if (runs.length === 0) return undefined;
  const rows = runs.map(([precision, group]) => {
    const energies = group.map(energyPerImage);
    const { ann } = energies[0]!;
    const event = mean(energies.map((energy) => energy.event));
    const effective = mean(energies.map((energy) => energy.effective));
    const eventFloat = mean(energies.map((energy) => energy.eventFloat));
    return [
      precision,
      ...[ann, eventFloat, event, effective].map(threeDigits),
      event > 0 ? `${threeDigits(ann / event)} ×` : '',
    ];
  });
  const { floatMultiplyAdd, floatAdd, int32Add } = picojoules;
  return {
    ...{ name: 'energy', title: 'Energy per image, estimated' },
    columns: [
      ...[
        textColumn('precision'),
        numberColumn('ANN, float multiply-adds (µJ)'),
        numberColumn('SNN, event, float additions (µJ)'),
      ],
      ...[numberColumn('SNN, event, int32 additions (µJ)'), numberColumn('SNN, effective, int32 additions (µJ)')],
      numberColumn('ANN ÷ SNN (event, int32)'),
    ],
    rows,
    notes: [
      `Assumed: ${floatMultiplyAdd} pJ a float multiply-add, ${floatAdd} pJ a float addition, ${int32Add} pJ an int32 addition (${energySource}).`,
      'Counted is arithmetic alone: no memory access, no comparison with thresholds, no clock. An estimate, not a measurement.',
      exclusions,
      ...note,
    ],
  };
}

/** Firing rate of each layer, a column a precision. */
export function layersTable(subject: Subject): ReportTable | undefined {
  const { runs, note } = byPrecision(subject);
  const layers = runs[0]?.[1][0]?.layers;
  if (layers === undefined) return undefined;
  const rows = layers.map(({ name, neurons }, index) => [
    ...[name, grouped(neurons)],
    ...runs.map(([, group]) => percent(meanOf(group, (run) => run.layers[index]?.firingRate ?? 0))),
  ]);
  return {
    ...{ name: 'layers', title: 'Firing rate by layer' },
    columns: [
      textColumn('layer'),
      numberColumn('neurons'),
      ...runs.map(([precision]) => numberColumn(`${precision} (%)`)),
    ],
    rows,
    notes: ['Spikes of those possible, in percent: spikes/(neurons·L).', ...note],
  };
}
