import type { SnnResult } from '../../results/snn-result.js';
import { percentValue } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean, runsNote } from '../numbers/group.js';
import { namedLine, precisionLooks } from './marks.js';
import { imagesNote, subtitle } from './notes.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

/** Share of possible spikes that each layer emits, a line a precision. Expects results of one network without noise. */
export function firingRateChart(title: string, snn: readonly SnnResult[], form: ChartForm): Chart | undefined {
  const layers = snn[0]?.layers.map(({ name }) => name);
  if (layers === undefined) return undefined;
  const runs = groupBy(snn, ({ precision }) => precision);
  const precisions = [...runs.keys()].sort(comparePrecisions);
  const looks = precisionLooks(precisions);
  const drawing: Drawing = {
    name: 'firing-rate',
    title: 'Firing rate by layer',
    subtitle: subtitle(title, imagesNote(snn), runsNote(runs.values())),
    readout: { value: percentValue },
    ...{ width: Math.max(560, 190 + 62 * layers.length), height: 430, left: 72, right: 84 },
    option: {
      xAxis: {
        ...{ type: 'category', data: layers, boundaryGap: true },
        ...horizontalAxis('layer, from the image on', form === 'picture' || layers.length < 6 ? 0 : 'auto'),
      },
      yAxis: { type: 'value', min: 0, ...verticalAxis('spikes, of those possible (%)'), nameGap: 40 },
      series: precisions.map((precision) => {
        const rates = layers.map((layer, index) => {
          const rate = mean(runs.get(precision)!.map((run) => run.layers[index]?.firingRate ?? 0));
          return [layer, 100 * rate] as const;
        });
        return namedLine(precision, rates, looks.get(precision)!);
      }),
    },
  };
  return frame(drawing, form);
}
