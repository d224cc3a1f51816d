import type { LineSeriesOption } from 'echarts';
import { comparePrecisions, displayPrecision, groupBy } from '../group.js';
import { precisionLooks } from '../marks.js';
import type { Epoch, History } from '../results.js';
import { accuracyAxisName, accuracyRange } from '../scales.js';
import { baseOption, type Chart, horizontalAxis, legend, verticalAxis } from '../style.js';
import { subtitle } from './notes.js';

/** Training loss and accuracy over the epochs, a colour a training. Parts of one training are joined. */
export function trainingChart(title: string, histories: readonly History[]): Chart | undefined {
  const trainings = joinParts(histories);
  if (trainings.length === 0) return undefined;
  const looks = precisionLooks(trainings.map(({ label }) => label));
  const line = (
    { label, epochs }: History,
    panel: number,
    dashed: boolean,
    of: (epoch: Epoch) => number,
  ): LineSeriesOption => ({
    type: 'line',
    name: displayPrecision(label),
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: epochs.filter((epoch) => Number.isFinite(of(epoch))).map((epoch) => [epoch.epoch, of(epoch)]),
    // A line of one epoch is a point, and would be invisible without a marker.
    symbol: epochs.length <= 30 ? 'circle' : 'none',
    symbolSize: dashed ? 3 : 5,
    itemStyle: { color: looks.get(label)!.colour },
    lineStyle: dashed ? { width: 1.2, type: 'dashed', opacity: 0.75 } : { width: 2 },
  });
  const epochs = trainings.flatMap((training) => training.epochs);
  const accuracies = epochs.flatMap(({ trainAccuracy, testAccuracy }) => [trainAccuracy, testAccuracy]);
  const range = accuracyRange(accuracies.filter(Number.isFinite).map((accuracy) => 100 * accuracy));
  const last = Math.max(...epochs.map(({ epoch }) => epoch));
  const epochAxis = { type: 'value' as const, min: 0, max: last, minInterval: 1, ...horizontalAxis('epoch') };
  return {
    name: 'training',
    width: 860,
    height: 430,
    option: {
      ...baseOption('Training', subtitle(title, 'accuracy: solid on test images, dashed on training images')),
      grid: [
        { left: 66, width: 330, top: 96, bottom: 92 },
        { left: 496, width: 330, top: 96, bottom: 92 },
      ],
      legend: legend(trainings.map(({ label }) => displayPrecision(label))),
      xAxis: [
        { ...epochAxis, gridIndex: 0 },
        { ...epochAxis, gridIndex: 1 },
      ],
      yAxis: [
        { type: 'value', gridIndex: 0, min: 0, ...verticalAxis('training loss (cross-entropy, nats)'), nameGap: 42 },
        {
          type: 'value',
          gridIndex: 1,
          ...range,
          ...verticalAxis(accuracyAxisName(range.min, 'accuracy')),
          nameGap: 42,
        },
      ],
      series: trainings.flatMap((training) => [
        line(training, 0, false, ({ loss }) => loss),
        line(training, 1, false, ({ testAccuracy }) => 100 * testAccuracy),
        line(training, 1, true, ({ trainAccuracy }) => 100 * trainAccuracy),
      ]),
    },
  };
}

/**
 * One history a label, in the order of precisions. A resumed training has only its own epochs, so that parts follow on
 * each other; where two have the same epoch they are different trainings, and get numbers.
 */
function joinParts(histories: readonly History[]): History[] {
  const trainings: { label: string; epochs: Epoch[] }[] = [];
  for (const [label, parts] of groupBy(histories, (history) => history.label)) {
    const separate: Epoch[][] = [];
    for (const { epochs } of [...parts].sort((a, b) => (a.epochs[0]?.epoch ?? 0) - (b.epochs[0]?.epoch ?? 0))) {
      const before = separate.find((training) => (training.at(-1)?.epoch ?? 0) < (epochs[0]?.epoch ?? 0));
      if (before) before.push(...epochs);
      else if (epochs.length > 0) separate.push([...epochs]);
    }
    for (const [index, epochs] of separate.entries())
      trainings.push({ label: separate.length > 1 ? `${label} (${index + 1})` : label, epochs });
  }
  return trainings.sort((a, b) => comparePrecisions(a.label, b.label));
}
