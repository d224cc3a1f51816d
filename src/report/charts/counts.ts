// Charts of what the spiking network does for an image, without noise: a row for each point of the sweep.
import type { SnnResult } from '../../results/snn-result.js';
import { measure, type ResultGroup } from '../content/groups.js';
import { colours } from '../look.js';
import { energyPerImage, picojoules } from '../numbers/energy.js';
import { countText, halfOf, roundedTo } from '../numbers/estimates.js';
import { compact, threeDigits } from '../numbers/format.js';
import { estimatesNote, imagesNote, resultsOf, spanOf, subtitle } from './notes.js';
import { type RowSeries, rowsChart, type Shape } from './rows.js';
import { logRange } from './scales.js';
import type { Chart, ChartForm } from './style.js';

type Groups = readonly ResultGroup<SnnResult>[];

/** What a series counts, or undefined where it can't be drawn. */
interface Kind {
  readonly name: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly of: (run: SnnResult) => number;
}

function kindSeries({ of, ...kind }: Kind, groups: Groups): RowSeries {
  const values = groups.map((group) => ({
    row: group.name,
    estimate: measure(group, of),
    labels: { precision: group.precision, ...group.labels },
  }));
  // What is 0 has no place on a logarithmic axis.
  return { ...kind, values: values.filter(({ estimate }) => estimate.mean > 0) };
}

/** A row with a value that holds for all others. */
function reference(row: string, name: string, value: number): RowSeries {
  return {
    ...{ name, colour: colours.grey, shape: 'circle' },
    values: [{ row, estimate: { n: 1, mean: value }, labels: {} }],
  };
}

const estimatesOf = (series: readonly RowSeries[]) =>
  series.flatMap(({ values }) => values.map(({ estimate }) => estimate));

const namesOf = (groups: Groups): string[] => [...new Set(groups.map(({ name }) => name))];

/** Spikes an image as bars, below the number of neurons. */
export function spikesChart(title: string, groups: Groups, form: ChartForm): Chart | undefined {
  const neurons = resultsOf(groups)[0]?.neurons;
  if (neurons === undefined) return undefined;
  const spikes: Kind = {
    ...{ name: 'spikes per image', colour: colours.orange, shape: 'square', of: (run) => run.spikesPerImage },
  };
  const series = [reference('neurons', 'neurons', neurons), kindSeries(spikes, groups)];
  return rowsChart(
    {
      ...{ name: 'spikes', title: 'Spikes per image beside the number of neurons', mark: 'bar', measure: 'count' },
      subtitle: subtitle(
        ...[title, imagesNote(groups), 'a neuron emits at most 2ᵏ·B spikes', estimatesNote(estimatesOf(series))],
      ),
      readout: { value: countText },
      ...{
        rows: ['neurons', ...namesOf(groups)],
        series,
        label: (estimate) => countText(estimate.mean, halfOf(estimate)),
        lines: [],
      },
      axis: { type: 'value', min: 0, name: 'count', format: compact },
    },
    form,
  );
}

const conventions: readonly Kind[] = [
  { name: 'paper’s convention', colour: colours.blue, shape: 'circle', of: (run) => run.sopsPerImage },
  { name: 'event: all synapses', colour: colours.vermilion, shape: 'square', of: (run) => run.eventSopsPerImage },
  {
    ...{ name: 'effective: non-zero weights', colour: colours.green, shape: 'diamond' },
    of: (run) => run.effectiveSopsPerImage,
  },
];

/** Synaptic operations an image by the three conventions, below the multiply-adds of the ANN. */
export function operationsChart(title: string, groups: Groups, form: ChartForm): Chart | undefined {
  const denseMacs = resultsOf(groups)[0]?.denseMacs;
  if (denseMacs === undefined) return undefined;
  const series = [
    reference('ANN', 'multiply-adds of the ANN', denseMacs),
    ...conventions.map((kind) => kindSeries(kind, groups)),
  ].filter(({ values }) => values.length > 0);
  return rowsChart(
    {
      ...{ name: 'operations', title: 'Synaptic operations per image', mark: 'dot', measure: 'operations' },
      subtitle:
        `${subtitle(title, imagesNote(groups), estimatesNote(estimatesOf(series)))}\n` +
        "paper's convention: Σ im2col(spikes)·C_out·2·L, zero weights counted; all without encoding and dense layer",
      readout: { value: countText },
      ...{
        rows: ['ANN', ...namesOf(groups)],
        series,
        label: (estimate) => compact(roundedTo(estimate.mean, halfOf(estimate))),
        lines: [{ value: denseMacs, look: 'dashed' }],
      },
      axis: {
        ...{ type: 'log', ...logRange(spanOf(estimatesOf(series))), format: compact },
        name: 'operations per image (logarithmic)',
      },
    },
    form,
  );
}

const arithmetic: readonly Kind[] = [
  {
    ...{ name: 'SNN, float additions', colour: colours.blue, shape: 'circle' },
    of: (run) => energyPerImage(run).eventFloat,
  },
  {
    ...{ name: 'SNN, int32 additions', colour: colours.vermilion, shape: 'square' },
    of: (run) => energyPerImage(run).event,
  },
  {
    ...{ name: 'SNN, int32, non-zero weights', colour: colours.green, shape: 'diamond' },
    of: (run) => energyPerImage(run).effective,
  },
];

/** Estimated energy of the arithmetic for one image, below the ANN's. */
export function energyChart(title: string, groups: Groups, form: ChartForm): Chart | undefined {
  const [first] = resultsOf(groups);
  if (first === undefined) return undefined;
  const { ann } = energyPerImage(first);
  const series = [
    reference('ANN', 'ANN, float multiply-adds', ann),
    ...arithmetic.map((kind) => kindSeries(kind, groups)),
  ].filter(({ values }) => values.length > 0);
  const { floatMultiplyAdd, floatAdd, int32Add } = picojoules;
  return rowsChart(
    {
      ...{
        name: 'energy',
        title: 'Energy of the arithmetic per image, estimated',
        mark: 'dot',
        measure: 'energy (µJ)',
      },
      subtitle:
        `${subtitle(title, imagesNote(groups), estimatesNote(estimatesOf(series)))}\n` +
        `${floatMultiplyAdd} pJ per float multiply-add, ${floatAdd} pJ per float addition, ${int32Add} pJ per int32 addition ` +
        '(Horowitz, ISSCC 2014, 45 nm); arithmetic alone, without memory, encoding and dense layer',
      readout: { value: (value) => `${threeDigits(value)} µJ` },
      ...{
        rows: ['ANN', ...namesOf(groups)],
        series,
        label: (estimate) => threeDigits(roundedTo(estimate.mean, halfOf(estimate))),
        lines: [{ value: ann, look: 'dashed' }],
      },
      axis: {
        ...{ type: 'log', ...logRange(spanOf(estimatesOf(series))), format: threeDigits },
        name: 'energy per image (µJ, logarithmic)',
      },
    },
    form,
  );
}
