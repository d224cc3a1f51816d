import type { SnnResult } from '../../results/snn-result.js';
import { colours } from '../look.js';
import { compact, grouped } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean, runsNote } from '../numbers/group.js';
import { type Bar, barSeries } from './marks.js';
import { imagesNote, precisionAxisName, subtitle } from './notes.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

/** Spikes an image beside the number of neurons, a bar a precision. Expects results of one network without noise. */
export function spikesChart(title: string, snn: readonly SnnResult[], form: ChartForm): Chart | undefined {
  const runs = groupBy(snn, ({ precision }) => precision);
  const precisions = [...runs.keys()].sort(comparePrecisions);
  const neurons = snn[0]?.neurons;
  if (neurons === undefined) return undefined;
  const bar = (category: number, value: number): Bar => ({ category, value, label: grouped(value), slot: 0, slots: 1 });
  const spikes = precisions.map((precision, index) =>
    bar(index + 1, mean(runs.get(precision)!.map((run) => run.spikesPerImage))),
  );
  const drawing: Drawing = {
    name: 'spikes',
    title: 'Spikes per image beside the number of neurons',
    subtitle: subtitle(title, imagesNote(snn), 'a neuron emits at most 2ᵏ·B spikes', runsNote(runs.values())),
    readout: { value: grouped },
    ...{ width: Math.max(560, 150 + 92 * (precisions.length + 1)), height: 430, left: 84, right: 28 },
    legend: ['neurons', 'spikes per image'],
    option: {
      xAxis: { type: 'category', data: ['neurons', ...precisions], ...horizontalAxis(precisionAxisName(form)) },
      yAxis: {
        type: 'value',
        min: 0,
        ...verticalAxis('count', compact),
        nameGap: 58,
      },
      series: [
        barSeries('neurons', colours.grey, [bar(0, neurons)], form),
        barSeries('spikes per image', colours.orange, spikes, form),
      ],
    },
  };
  return frame(drawing, form);
}
