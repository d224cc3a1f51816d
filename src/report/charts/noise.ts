import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { percent, percentValue, shortNumber } from '../numbers/format.js';
import { comparePrecisions, groupBy, mean, runsNote } from '../numbers/group.js';
import { namedLine, precisionLooks, referenceLine } from './marks.js';
import { imagesNote, subtitle } from './notes.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import { type Chart, type ChartForm, type Drawing, frame, horizontalAxis, verticalAxis } from './style.js';

/** Accuracy of the SNN against the share of encoding spikes deleted, a line a precision. Needs two levels of noise. */
export function noiseChart(
  title: string,
  ann: readonly AnnResult[],
  snn: readonly SnnResult[],
  form: ChartForm,
): Chart | undefined {
  if (new Set(snn.map(({ noise }) => noise)).size < 2) return undefined;
  const byPrecision = groupBy(snn, ({ precision }) => precision);
  const precisions = [...byPrecision.keys()].sort(comparePrecisions);
  const looks = precisionLooks(precisions);
  const points = groupBy(snn, ({ precision, noise }) => `${precision} ${noise}`);
  const lines = precisions.map((precision) => {
    const byNoise = [...groupBy(byPrecision.get(precision)!, ({ noise }) => noise)].sort(([a], [b]) => a - b);
    const line = byNoise.map(([noise, runs]) => [100 * noise, 100 * mean(runs.map((run) => run.accuracy))] as const);
    return { precision, line };
  });
  const baselines = ann.filter(({ precision }) => precision === 'fp32').map(({ accuracy }) => accuracy);
  const baseline = baselines.length > 0 ? mean(baselines) : undefined;
  const values = lines.flatMap(({ line }) => line.map(([, accuracy]) => accuracy));
  const range = accuracyRange(baseline === undefined ? values : [...values, 100 * baseline]);
  const drawing: Drawing = {
    name: 'accuracy-noise',
    title: 'Accuracy under noise',
    subtitle: subtitle(title, imagesNote(snn), runsNote(points.values())),
    readout: { title: (x: number) => `${shortNumber(x)} % of spikes deleted`, value: percentValue },
    ...{ width: 640, height: 430, left: 78, right: 84 },
    option: {
      xAxis: {
        type: 'value',
        max: 100 * Math.max(...snn.map(({ noise }) => noise)),
        ...horizontalAxis(
          form === 'narrow'
            ? 'encoding spikes deleted (%)'
            : 'probability that a spike of the encoding layer is deleted (%)',
        ),
      },
      yAxis: { type: 'value', ...range, ...verticalAxis(accuracyAxisName(range.min)), nameGap: 46 },
      series: [
        ...lines.map(({ precision, line }) => namedLine(precision, line, looks.get(precision)!)),
        ...(baseline === undefined
          ? []
          : [referenceLine(100 * baseline, { text: `FP32 ANN, no noise: ${percent(baseline)}`, place: 'above' })]),
      ],
    },
  };
  return frame(drawing, form);
}
