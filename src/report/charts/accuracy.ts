import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { accuracyOf, type ResultGroup } from '../content/groups.js';
import { withoutNoise } from '../content/noise.js';
import { colours } from '../look.js';
import { halfOf, percentValue } from '../numbers/estimates.js';
import { comparePrecisions } from '../numbers/group.js';
import { chanceOf } from './chance.js';
import { estimatesNote, imagesNote, resultsOf, scaled, spanOf, subtitle } from './notes.js';
import { type RowSeries, type RowValue, rowsChart } from './rows.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import type { Chart, ChartForm } from './style.js';

/** Test accuracy of ANN and noiseless SNN as dots with their intervals, a row for each point of the sweep. */
export function accuracyChart(
  title: string,
  ann: readonly ResultGroup<AnnResult>[],
  snn: readonly ResultGroup<SnnResult>[],
  form: ChartForm,
): Chart | undefined {
  const clean = withoutNoise(snn);
  const all: readonly ResultGroup[] = [...ann, ...clean];
  if (all.length === 0) return undefined;
  const ordered = all.toSorted((a, b) => comparePrecisions(a.precision, b.precision));
  const isBaseline = ({ precision }: ResultGroup) => precision === 'fp32';
  const series: RowSeries[] = [
    { name: 'FP32 baseline', colour: colours.grey, shape: 'circle', values: valuesOf(ann.filter(isBaseline)) },
    {
      ...{ name: 'quantised ANN', colour: colours.blue, shape: 'square' },
      values: valuesOf(ann.filter((group) => !isBaseline(group))),
    },
    { name: 'SNN, one time step', colour: colours.vermilion, shape: 'diamond', values: valuesOf(clean) },
  ];
  const estimates = series.flatMap(({ values }) => values.map(({ estimate }) => estimate));
  const range = accuracyRange(spanOf(estimates));
  const chance = chanceOf(resultsOf(all));
  const baselines = series[0]!.values;
  return rowsChart(
    {
      ...{ name: 'accuracy', title: 'Accuracy', mark: 'dot', measure: 'accuracy (%)' },
      subtitle: subtitle(title, imagesNote(all), estimatesNote(estimates)),
      readout: { value: percentValue },
      rows: [...new Set(ordered.map(({ name }) => name))],
      series: series.filter(({ values }) => values.length > 0),
      axis: { type: 'value', ...range, name: accuracyAxisName(range, chance) },
      label: (estimate) => percentValue(estimate.mean, halfOf(estimate)).replace(' %', ''),
      lines: [
        // Of several baselines none is the one.
        ...(baselines.length === 1 ? [{ value: baselines[0]!.estimate.mean, look: 'dashed' as const }] : []),
        ...(chance === undefined || chance < range.min ? [] : [{ value: chance, look: 'dotted' as const }]),
      ],
    },
    form,
  );
}

function valuesOf(groups: readonly ResultGroup[]): RowValue[] {
  return groups.map((group) => ({
    row: group.name,
    estimate: scaled(accuracyOf(group), 100),
    labels: { precision: group.precision, ...group.labels },
  }));
}
