import { comparePrecisions, groupBy, mean, runsNote } from '../group.js';
import { type Bar, barSeries, referenceLine } from '../marks.js';
import { compact } from '../numbers.js';
import type { SnnResult } from '../results.js';
import { logRange } from '../scales.js';
import { baseOption, type Chart, colours, horizontalAxis, legend, verticalAxis } from '../style.js';
import { imagesNote, precisionAxisName, subtitle } from './notes.js';

const conventions = [
  { name: "paper's convention", colour: colours.blue, of: (run: SnnResult) => run.sopsPerImage },
  { name: 'event: all synapses', colour: colours.orange, of: (run: SnnResult) => run.eventSopsPerImage },
  { name: 'effective: non-zero weights', colour: colours.green, of: (run: SnnResult) => run.effectiveSopsPerImage },
] as const;

/**
 * Synaptic operations an image by the three conventions, a group of bars a precision, on a logarithmic axis, and the
 * multiply-adds of the ANN as a line. Expects results of one network without noise.
 */
export function operationsChart(title: string, snn: readonly SnnResult[]): Chart | undefined {
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
  return {
    name: 'operations',
    width: Math.max(720, 168 + 165 * precisions.length),
    height: 460,
    option: {
      ...baseOption(
        'Synaptic operations per image',
        `${subtitle(title, imagesNote(snn), runsNote(runs.values()))}\n` +
          "paper's convention: Σ im2col(spikes)·C_out·2·L, zero weights counted; all without encoding and dense layer",
      ),
      grid: { left: 84, right: 84, top: 116, bottom: 92 },
      legend: legend(conventions.map(({ name }) => name)),
      xAxis: { type: 'category', data: precisions, ...horizontalAxis(precisionAxisName) },
      yAxis: {
        type: 'log',
        ...range,
        ...verticalAxis('operations per image (logarithmic)', compact),
        nameGap: 58,
      },
      series: [
        ...series.map(({ name, colour, bars }) => barSeries(name, colour, bars)),
        referenceLine(denseMacs, { text: `ANN:\n${compact(denseMacs)}\nmultiply-\nadds`, place: 'margin' }),
      ],
    },
  };
}
