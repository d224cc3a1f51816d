import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { colours } from '../look.js';
import { percent, percentValue } from '../numbers/format.js';
import { comparePrecisions, displayPrecision, groupBy, mean, runsNote } from '../numbers/group.js';
import { type Bar, barSeries, referenceLine } from './marks.js';
import { imagesNote, precisionAxisName, subtitle } from './notes.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

/** Test accuracy of ANN and noiseless SNN, a group of bars a precision; the FP32 baseline as a bar and a line. */
export function accuracyChart(
  title: string,
  ann: readonly AnnResult[],
  snn: readonly SnnResult[],
  form: ChartForm,
): Chart | undefined {
  const clean = snn.filter(({ noise }) => noise === 0);
  const annRuns = groupBy(ann, ({ precision }) => precision);
  const snnRuns = groupBy(clean, ({ precision }) => precision);
  const precisions = [...new Set([...annRuns.keys(), ...snnRuns.keys()])].sort(comparePrecisions);
  if (precisions.length === 0) return undefined;

  const bars: Record<'fp32' | 'ann' | 'snn', Bar[]> = { fp32: [], ann: [], snn: [] };
  for (const [category, precision] of precisions.entries()) {
    const kinds = [
      [precision === 'fp32' ? 'fp32' : 'ann', annRuns.get(precision)],
      ['snn', snnRuns.get(precision)],
    ] as const;
    const present = kinds.filter(([, runs]) => runs !== undefined);
    for (const [slot, [kind, runs]] of present.entries()) {
      const accuracy = mean(runs!.map((run) => run.accuracy));
      bars[kind].push({ category, value: 100 * accuracy, label: percent(accuracy), slot, slots: present.length });
    }
  }
  const series = [
    { name: 'FP32 baseline', colour: colours.grey, bars: bars.fp32 },
    { name: 'quantised ANN', colour: colours.blue, bars: bars.ann },
    { name: 'SNN, one time step', colour: colours.orange, bars: bars.snn },
  ].filter((kind) => kind.bars.length > 0);
  const range = accuracyRange(series.flatMap((kind) => kind.bars.map(({ value }) => value)));
  const drawing: Drawing = {
    name: 'accuracy',
    title: 'Accuracy by precision',
    subtitle: subtitle(title, imagesNote([...ann, ...clean]), runsNote([...annRuns.values(), ...snnRuns.values()])),
    readout: { value: percentValue },
    ...{ width: Math.max(560, 150 + 104 * precisions.length), height: 430, left: 78, right: 28 },
    legend: series.map(({ name }) => name),
    option: {
      xAxis: { type: 'category', data: precisions.map(displayPrecision), ...horizontalAxis(precisionAxisName(form)) },
      yAxis: { type: 'value', ...range, ...verticalAxis(accuracyAxisName(range.min)), nameGap: 46 },
      series: [
        ...series.map((kind) => barSeries(kind.name, kind.colour, kind.bars, form)),
        ...bars.fp32.map(({ value }) => referenceLine(value)),
      ],
    },
  };
  return frame(drawing, form);
}
