import type { SnnResult } from '../../results/snn-result.js';
import { colours } from '../look.js';
import { compact, grouped } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean, runsNote } from '../numbers/group.js';
import { type Bar, barSeries, referenceLine } from './marks.js';
import { imagesNote, precisionAxisName, subtitle } from './notes.js';
import { logRange } from './scales.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

const conventions = [
  { name: "paper's convention", colour: colours.blue, of: (run: SnnResult) => run.sopsPerImage },
  { name: 'event: all synapses', colour: colours.orange, of: (run: SnnResult) => run.eventSopsPerImage },
  { name: 'effective: non-zero weights', colour: colours.green, of: (run: SnnResult) => run.effectiveSopsPerImage },
] as const;

/**
 * Synaptic operations an image by the three conventions, a group of bars a precision, on a logarithmic axis, and the
 * multiply-adds of the ANN as a line. Expects results of one network without noise.
 */
export function operationsChart(title: string, snn: readonly SnnResult[], form: ChartForm): Chart | undefined {
  const runs = groupBy(snn, ({ precision }) => precision);
  const precisions = [...runs.keys()].sort(comparePrecisions);
  const denseMacs = snn[0]?.denseMacs;
  if (denseMacs === undefined) return undefined;
  const series = conventions.map(({ name, colour, of }, slot) => {
    const bars = precisions.map((precision, category): Bar => {
      const value = mean(runs.get(precision)!.map(of));
      return { category, value, label: compact(value), slot, slots: conventions.length };
    });
    return { name, colour, bars: bars.filter(({ value }) => value > 0) };
  });
  const range = logRange([denseMacs, ...series.flatMap(({ bars }) => bars.map(({ value }) => value))]);
  const drawing: Drawing = {
    name: 'operations',
    title: 'Synaptic operations per image',
    subtitle:
      `${subtitle(title, imagesNote(snn), runsNote(runs.values()))}\n` +
      "paper's convention: Σ im2col(spikes)·C_out·2·L, zero weights counted; all without encoding and dense layer",
    readout: { value: grouped },
    ...{ width: Math.max(720, 168 + 165 * precisions.length), height: 460, left: 84, right: 84 },
    legend: conventions.map(({ name }) => name),
    option: {
      xAxis: { type: 'category', data: precisions, ...horizontalAxis(precisionAxisName(form)) },
      yAxis: {
        type: 'log',
        ...range,
        ...verticalAxis('operations per image (logarithmic)', compact),
        nameGap: 58,
      },
      series: [
        ...series.map(({ name, colour, bars }) => barSeries(name, colour, bars, form)),
        referenceLine(denseMacs, { text: `ANN:\n${compact(denseMacs)}\nmultiply-\nadds`, place: 'margin' }),
      ],
    },
  };
  return frame(drawing, form);
}
