import type { LineSeriesOption } from 'echarts';
import type { Epoch, History } from '../../results/history.js';
import { joinParts } from '../content/trainings.js';
import { percentValue } from '../numbers/format.js';
import { displayPrecision } from '../numbers/group.js';
import { precisionLooks } from './marks.js';
import { subtitle } from './notes.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import {
  type Chart,
  type ChartForm,
  type Drawing,
  frame,
  horizontalAxis,
  legend,
  titled,
  verticalAxis,
} from './style.js';

const accuracyNote = 'accuracy: solid on test images, dashed on training images';

/** Training loss and accuracy over the epochs, a colour a training. Parts of one training are joined. */
export function trainingChart(title: string, histories: readonly History[]): Chart | undefined {
  const panels = trainingPanels(histories);
  if (panels === undefined) return undefined;
  const about = { name: 'training', title: 'Training', subtitle: subtitle(title, accuracyNote) };
  const place = { top: 96, bottom: 92, width: 330 };
  return {
    ...about,
    readout: { value: String },
    width: 860,
    height: 430,
    option: {
      ...titled(about.title, about.subtitle),
      grid: [
        { left: 66, ...place },
        { left: 496, ...place },
      ],
      legend: legend(panels.names),
      xAxis: [0, 1].map((gridIndex) => ({ ...panels.xAxis, gridIndex })),
      yAxis: [panels.loss, panels.accuracy].map(({ yAxis }, gridIndex) => ({ ...yAxis, gridIndex })),
      series: [panels.loss, panels.accuracy].flatMap(({ series }, index) =>
        series.map((line) => ({ ...line, xAxisIndex: index, yAxisIndex: index })),
      ),
    },
  };
}

/** The same for the page: a chart of the loss and one of accuracy. */
export function trainingCharts(title: string, histories: readonly History[], form: ChartForm): Chart[] {
  const panels = trainingPanels(histories);
  if (panels === undefined) return [];
  const { names, xAxis, loss, accuracy } = panels;
  const shared = { width: 560, height: 430, left: 70, right: 24, legend: names };
  const epoch = (x: number) => `epoch ${x}`;
  const drawings: Pick<Drawing, 'name' | 'title' | 'subtitle' | 'readout' | 'option'>[] = [
    {
      ...{ name: 'training-loss', title: 'Training loss', subtitle: title },
      readout: { title: epoch, value: (y: number) => y.toPrecision(4) },
      option: { xAxis, ...loss },
    },
    {
      ...{ name: 'training-accuracy', title: 'Accuracy while training', subtitle: subtitle(title, accuracyNote) },
      readout: { title: epoch, value: percentValue },
      option: { xAxis, ...accuracy },
    },
  ];
  return drawings.map((drawing) => frame({ ...shared, ...drawing }, form));
}

function trainingPanels(histories: readonly History[]) {
  const trainings = joinParts(histories);
  if (trainings.length === 0) return undefined;
  const looks = precisionLooks(trainings.map(({ label }) => label));
  const line = ({ label, epochs }: History, dashed: boolean, of: (epoch: Epoch) => number): LineSeriesOption => ({
    type: 'line',
    name: dashed ? `${displayPrecision(label)}, training images` : displayPrecision(label),
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
  return {
    names: trainings.map(({ label }) => displayPrecision(label)),
    xAxis: { type: 'value' as const, min: 0, max: last, minInterval: 1, ...horizontalAxis('epoch') },
    loss: {
      yAxis: {
        ...{ type: 'value' as const, min: 0, nameGap: 42 },
        ...verticalAxis('training loss (cross-entropy, nats)'),
      },
      series: trainings.map((training) => line(training, false, ({ loss }) => loss)),
    },
    accuracy: {
      yAxis: {
        ...{ type: 'value' as const, ...range, nameGap: 42 },
        ...verticalAxis(accuracyAxisName(range.min, 'accuracy')),
      },
      series: trainings.flatMap((training) => [
        line(training, false, ({ testAccuracy }) => 100 * testAccuracy),
        line(training, true, ({ trainAccuracy }) => 100 * trainAccuracy),
      ]),
    },
  };
}
