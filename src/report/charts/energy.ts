import type { SnnResult } from '../../results/snn-result.js';
import { colours } from '../look.js';
import { type Energy, energyPerImage, picojoules } from '../numbers/energy.js';
import { threeDigits } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean, runsNote } from '../numbers/group.js';
import { type Bar, barSeries, referenceLine } from './marks.js';
import { imagesNote, precisionAxisName, subtitle } from './notes.js';
import { logRange } from './scales.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

const kinds = [
  { name: 'SNN, float additions', colour: colours.blue, of: (energy: Energy) => energy.eventFloat },
  { name: 'SNN, int32 additions', colour: colours.orange, of: (energy: Energy) => energy.event },
  { name: 'SNN, int32, non-zero weights', colour: colours.green, of: (energy: Energy) => energy.effective },
] as const;

/**
 * Estimated energy of the arithmetic for one image, a group of bars a precision, on a logarithmic axis, and the ANN's as
 * a line. Expects results of one network without noise.
 */
export function energyChart(title: string, snn: readonly SnnResult[], form: ChartForm): Chart | undefined {
  const runs = groupBy(snn, ({ precision }) => precision);
  const precisions = [...runs.keys()].sort(comparePrecisions);
  if (snn[0] === undefined) return undefined;
  const { ann } = energyPerImage(snn[0]);
  const series = kinds.map(({ name, colour, of }, slot) => {
    const bars = precisions.map((precision, category): Bar => {
      const value = mean(runs.get(precision)!.map((run) => of(energyPerImage(run))));
      return { category, value, label: threeDigits(value), slot, slots: kinds.length };
    });
    return { name, colour, bars: bars.filter(({ value }) => value > 0) };
  });
  const range = logRange([ann, ...series.flatMap(({ bars }) => bars.map(({ value }) => value))]);
  const { floatMultiplyAdd, floatAdd, int32Add } = picojoules;
  const drawing: Drawing = {
    name: 'energy',
    title: 'Energy of the arithmetic per image, estimated',
    subtitle:
      `${subtitle(title, imagesNote(snn), runsNote(runs.values()))}\n` +
      `${floatMultiplyAdd} pJ a float multiply-add, ${floatAdd} pJ a float addition, ${int32Add} pJ an int32 addition\n` +
      '(Horowitz, ISSCC 2014, 45 nm); arithmetic alone, without encoding and dense layer',
    readout: { value: (y: number) => `${threeDigits(y)} µJ` },
    ...{ width: Math.max(720, 168 + 165 * precisions.length), height: 460, left: 84, right: 84 },
    legend: kinds.map(({ name }) => name),
    option: {
      xAxis: { type: 'category' as const, data: precisions, ...horizontalAxis(precisionAxisName(form)) },
      yAxis: {
        ...{ type: 'log' as const, ...range, nameGap: 58 },
        ...verticalAxis('energy per image (µJ, logarithmic)', threeDigits),
      },
      series: [
        ...series.map(({ name, colour, bars }) => barSeries(name, colour, bars, form)),
        referenceLine(ann, { text: `ANN:\n${threeDigits(ann)} µJ`, place: 'margin' }),
      ],
    },
  };
  return frame(drawing, form);
}
