import type { EChartsOption } from 'echarts';
import type { Epoch } from '../../results/history.js';
import type { TrainingGroup } from '../content/trainings.js';
import { percentValue } from '../numbers/estimates.js';
import { bundlesOf, type Member } from './bundles.js';
import { chanceOf } from './chance.js';
import { type Curve, curveSeries, curvesOf, keysOf, levelColours, levelLine } from './curves.js';
import { bundleNote, subtitle } from './notes.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import {
  type Chart,
  type ChartForm,
  frame,
  isSmall,
  type Key,
  placeAxis,
  plainOption,
  surroundings,
  valueAxis,
} from './style.js';

/** One training: those that repeat each other have one name. */
interface Training extends Member {
  readonly dataset?: string;
  readonly epochs: readonly Epoch[];
}

function trainingsOf(groups: readonly TrainingGroup[]): Training[] {
  return groups.flatMap(({ name, precision, labels, trainings }) =>
    trainings.map(({ dataset, epochs }) => ({
      ...{ name, epochs, labels: { ...(precision === undefined ? {} : { precision }), ...labels } },
      ...(dataset === undefined ? {} : { dataset }),
    })),
  );
}

/** What of an epoch is shown as accuracy, the one of first rank first. */
const accuracies = [
  { suffix: '', of: (epoch: Epoch) => epoch.testAccuracy, look: 'solid', what: 'test images' },
  { suffix: ', training images', of: (epoch: Epoch) => epoch.trainAccuracy, look: 'dashed', what: 'training images' },
  {
    suffix: ', held-out images',
    of: ({ validationAccuracy = Number.NaN }: Epoch) => validationAccuracy,
    look: 'dotted',
    what: 'held-out images',
  },
] as const;

/** Which line is which, as far as they were measured. */
function accuracyNote(trainings: readonly Training[]): string {
  const shown = accuracies.filter(({ of }) =>
    trainings.some(({ epochs }) => epochs.some((epoch) => Number.isFinite(of(epoch)))),
  );
  return `accuracy: ${shown.map(({ look, what }) => `${look} on ${what}`).join(', ')}`;
}

interface Panel {
  readonly curves: readonly Curve[];
  readonly option: Pick<EChartsOption, 'xAxis' | 'yAxis' | 'series'>;
}

/** Training loss and accuracy over the epochs in one picture, a colour a training, or the median of many. */
export function trainingChart(title: string, groups: readonly TrainingGroup[], form: ChartForm): Chart | undefined {
  const trainings = trainingsOf(groups);
  const panels = trainingPanels(trainings, form);
  if (panels === undefined) return undefined;
  const { keys, loss, accuracy, note } = panels;
  const about = { name: 'training', title: 'Training', subtitle: subtitle(title, accuracyNote(trainings), note) };
  const width = form.width ?? 860;
  const stacked = width < 620;
  const edges = surroundings({ ...about, keys }, width, form);
  const space = form.height === undefined ? 290 : form.height - edges.top - edges.bottom;
  const each = form.height === undefined ? 290 : stacked ? (space - 70) / 2 : space;
  const height = form.height ?? edges.top + edges.bottom + (stacked ? 2 * each + 70 : each);
  const [left, right] = [66, 24];
  const half = (width - 2 * (left + right)) / 2;
  const grid = stacked
    ? [0, 1].map((row) => ({ left, right, top: edges.top + row * (each + 70), height: each }))
    : [0, 1].map((column) => ({
        left: left + column * (half + left + right),
        width: half,
        top: edges.top,
        height: each,
      }));
  return {
    ...{ ...about, ...panels.table, width, height, keys, readout: { value: String } },
    option: {
      ...{ ...plainOption, ...edges.option, grid },
      xAxis: [loss, accuracy].map(({ option }, gridIndex) => ({ ...option.xAxis, gridIndex })),
      yAxis: [loss, accuracy].map(({ option }, gridIndex) => ({ ...option.yAxis, gridIndex })),
      series: [loss, accuracy].flatMap(({ curves }, index) =>
        curveSeries(curves, false).map((one) => ({ ...one, xAxisIndex: index, yAxisIndex: index })),
      ),
    },
  };
}

/** The same for the page: a chart of the loss and one of accuracy. */
export function trainingCharts(title: string, groups: readonly TrainingGroup[], form: ChartForm): Chart[] {
  const trainings = trainingsOf(groups);
  const panels = trainingPanels(trainings, form);
  if (panels === undefined) return [];
  const { loss, accuracy, note } = panels;
  const shared = { width: 560, area: 236, left: 62, right: 24 };
  const epoch = (x: number) => `epoch ${x}`;
  const drawings = [
    {
      ...{ name: 'training-loss', title: 'Training loss', subtitle: subtitle(title, note) },
      readout: { title: epoch, value: (y: number) => y.toPrecision(4) },
      ...{ panel: loss, measures: { at: 'epoch', value: 'loss (nats)' } },
    },
    {
      ...{ name: 'training-accuracy', title: 'Accuracy while training' },
      subtitle: subtitle(title, accuracyNote(trainings), note),
      readout: { title: epoch, value: percentValue },
      ...{ panel: accuracy, measures: { at: 'epoch', value: 'accuracy (%)' } },
    },
  ];
  return drawings.map(({ panel, ...drawing }) => {
    const { curves, option } = panel;
    const points = curves.flatMap((curve) => curve.points);
    return frame(
      {
        ...shared,
        ...drawing,
        points,
        keys: keysOf(curves),
        option: { ...option, series: curveSeries(curves, false) },
      },
      form,
    );
  });
}

function trainingPanels(trainings: readonly Training[], form: ChartForm) {
  if (trainings.length === 0) return undefined;
  const bundles = bundlesOf(trainings);
  const valuesOf =
    (of: (epoch: Epoch) => number) =>
    ({ epochs }: Training) =>
      epochs
        .filter((epoch) => Number.isFinite(of(epoch)))
        .map((epoch) => ({ at: epoch.epoch, estimate: { n: 1, mean: of(epoch) } }));
  const losses = curvesOf(
    bundles,
    valuesOf(({ loss }) => loss),
  );
  const curves = accuracies.flatMap(({ suffix, of, look }) =>
    curvesOf(
      bundles,
      valuesOf((epoch) => 100 * of(epoch)),
    )
      .filter(({ points }) => points.length > 0)
      .map((curve): Curve => (look === 'solid' ? curve : secondRank(curve, suffix, look))),
  );
  const epochs = trainings.flatMap((training) => training.epochs.map(({ epoch }) => epoch));
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const values = curves.flatMap(({ points }) => points.flatMap(({ value, low = value, high = value }) => [low, high]));
  const range = accuracyRange(values.length === 0 ? [0, 100] : values);
  const chance = chanceOf(trainings.map(({ dataset = '' }) => ({ dataset })));
  const xAxis = {
    // One epoch is a point, with space on both sides.
    ...{ type: 'value' as const, min: first === last ? first - 1 : first, max: first === last ? last + 1 : last },
    ...{ minInterval: 1, ...placeAxis('epoch') },
  };
  const level = chance !== undefined && chance >= range.min ? [chanceLine(chance, [first, last])] : [];
  const panel = (shown: readonly Curve[], yAxis: object): Panel => ({
    curves: shown,
    option: { xAxis, yAxis: { type: 'value', nameGap: 42, ...yAxis } },
  });
  const keys: Key[] = bundles.map(({ name }) => ({
    name,
    colour: losses.find((curve) => curve.name === name)!.colour,
  }));
  return {
    keys,
    note: bundleNote(bundles),
    loss: panel(losses, {
      min: 0,
      ...valueAxis(isSmall(form) ? 'training loss (nats)' : 'training loss (cross-entropy, nats)'),
    }),
    accuracy: panel([...curves, ...level], { ...range, ...valueAxis(accuracyAxisName(range, chance, 'accuracy')) }),
    table: {
      points: [
        ...losses.flatMap(({ points }) => points.map((point) => ({ ...point, series: `${point.series}, loss` }))),
        ...curves.flatMap(({ points }) => points),
      ],
      measures: { at: 'epoch', value: 'loss (nats) or accuracy (%)' },
    },
  };
}

/** Beside the one of first rank: without its band, which would hide it. */
function secondRank(curve: Curve, suffix: string, look: 'dashed' | 'dotted'): Curve {
  const name = curve.name + suffix;
  const points = curve.points.map((point) => ({ ...point, series: name }));
  return { ...curve, name, points, look, around: 'nothing' };
}

const chanceLine = (chance: number, ends: readonly [number, number]): Curve =>
  levelLine('chance', levelColours.chance, chance, ends);
