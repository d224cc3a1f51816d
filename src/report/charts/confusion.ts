// Confusion matrices: a row a class, a column a prediction.
import type { CustomSeriesOption } from 'echarts';
import { type Classes, classesOf, imagesIn, mistakesOf, type SubjectClasses, share } from '../content/classes.js';
import type { Subject } from '../content/subjects.js';
import { colours, fontFamily, ink } from '../look.js';
import { percentValue, shareText } from '../numbers/estimates.js';
import { grouped } from '../numbers/format.js';
import { imagesNote, subtitle } from './notes.js';
import {
  type Chart,
  type ChartForm,
  type Drawing,
  frame,
  labelWidth,
  type Place,
  type Point,
  placeAxis,
  rowAxis,
} from './style.js';

/** Classes whose names stand at the axes; of more, every tenth has its number. */
const mostNamed = 20;

/** Pixels of a cell: as wide as there is space for, at most as high as a line and something. */
const cells = { named: 34, many: 5, highest: 30, text: { width: 22, height: 14 } } as const;

/** The matrix of each point of the sweep, as far as the table of classes has them. */
export function confusionCharts(title: string, subject: Subject, form: ChartForm): Chart[] {
  const classes = classesOf(subject);
  if (classes === undefined) return [];
  const names = fileNames(classes.points.map(({ name }) => name));
  return classes.points.map((point, index) => confusionChart(title, classes, point, `confusion-${names[index]}`, form));
}

function confusionChart(title: string, classes: SubjectClasses, point: Classes, name: string, form: ChartForm): Chart {
  const { names, points, of } = classes;
  const layout = layoutOf(names, form);
  const { width, cellWidth, left, right, nameWidth, upright } = layout;
  const runs = point.group.samples.flat().length;
  return frame(
    {
      ...{ name, title: `Confusion matrix, ${point.name}`, named: true },
      subtitle: subtitle(
        title,
        'share of the images of a class, in percent',
        runs > 1 ? `${runs} runs together` : imagesNote([point.group]),
        of > points.length ? `the first ${points.length} of ${grouped(of)} points are drawn` : undefined,
      ),
      readout: { value: percentValue },
      keys: [
        { name: 'recognised', colour: colours.blue },
        { name: 'mistaken', colour: colours.vermilion },
      ],
      ...{ points: pointsOf(names, point), places: placesOf(names, point) },
      measures: { series: 'prediction', at: 'class', value: 'share of the class (%)' },
      ...{ width, area: names.length * Math.min(cellWidth, cells.highest), left, right },
      ...(upright ? { below: nameWidth - 14 } : {}),
      option: { ...axesOf(names, layout), series: [cellSeries(point.confusion)] },
    },
    form,
  );
}

/** Where the cells and the names beside them go. */
interface Layout {
  /** Pixels of the chart, and those left and right of its cells. */
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly cellWidth: number;
  readonly nameWidth: number;
  /** True if the classes' names stand at the axes, rather than numbers. */
  readonly isNamed: boolean;
  /** True if the names below are turned, as they are wider than a cell. */
  readonly upright: boolean;
}

function layoutOf(names: readonly string[], form: ChartForm): Layout {
  const isNamed = names.length <= mostNamed;
  const nameWidth = isNamed ? Math.min(110, Math.max(16, ...names.map(labelWidth))) : 28;
  const [left, right] = [nameWidth + 38, 14];
  const width = form.width ?? left + right + names.length * (isNamed ? cells.named : cells.many);
  const cellWidth = (width - left - right) / names.length;
  const upright = isNamed && Math.max(...names.map(labelWidth)) > cellWidth;
  return { width, left, right, cellWidth, nameWidth, isNamed, upright };
}

/** The value of each cell. */
function pointsOf(names: readonly string[], { confusion, group }: Classes): Point[] {
  const labels = { precision: group.precision, ...group.labels };
  return names.flatMap((row, label) =>
    names.map((column, prediction) => ({
      ...{ series: column, at: row, n: group.samples.length, labels },
      value: 100 * share(confusion[label]!, prediction),
    })),
  );
}

/** What is read out of each class: how much of it is recognised, and what it is most often taken for. */
function placesOf(names: readonly string[], { confusion }: Classes): Place[] {
  return names.map((row, label) => {
    const counts = confusion[label]!;
    const [mistake] = mistakesOf(counts, label);
    const images = imagesIn(counts);
    const shown = (prediction: number) => (images === 0 ? null : shareText(counts[prediction]!, images));
    const taken = mistake && `${shown(mistake.prediction)} for ${names[mistake.prediction]!}`;
    return { at: label, title: row, values: [shown(label), taken ?? null] };
  });
}

function axesOf(names: readonly string[], { isNamed, nameWidth, upright }: Layout) {
  const data = isNamed ? [...names] : names.map((_, label) => String(label));
  const interval = isNamed ? 0 : 9;
  const [predictions, classes] = [
    placeAxis(isNamed ? 'taken for' : 'taken for, number of the class'),
    rowAxis(nameWidth),
  ];
  const xAxis: Drawing['option']['xAxis'] = {
    ...{ type: 'category', data, ...predictions },
    axisLabel: { ...predictions.axisLabel, interval, hideOverlap: false, ...(upright ? { rotate: 90 } : {}) },
    ...(upright ? { nameGap: nameWidth + 18 } : {}),
    axisLine: { show: false },
  };
  const yAxis: Drawing['option']['yAxis'] = {
    ...{ type: 'category', data, ...classes },
    ...{ name: isNamed ? 'class' : 'class, its number', nameLocation: 'middle', nameGap: nameWidth + 14 },
    nameTextStyle: predictions.nameTextStyle,
    axisLabel: { ...classes.axisLabel, interval },
  };
  return { xAxis, yAxis };
}

/** Shades that a share is drawn in: so many, that cells of one shade can be one path. */
const shades = 16;

/** How much of its colour the darkest shade has: where letters stand on it, they are to be read on light paper and on dark. */
const darkest = { written: 0.58, bare: 1 } as const;

/** All cells in one go, those of a shade as one path: of a hundred classes there are ten thousand. */
function cellSeries(confusion: readonly (readonly number[])[]): CustomSeriesOption {
  return {
    ...{ type: 'custom', data: [[0, 0]], encode: { x: 0, y: 1 } },
    renderItem: (_, api) => {
      const [width, height] = api.size!([1, 1]) as [number, number];
      const gap = width > 10 ? 1 : 0;
      const isWritten = width >= cells.text.width && height >= cells.text.height;
      const most = isWritten ? darkest.written : darkest.bare;
      const paths = new Map<string, { fill: string; opacity: number; data: string }>();
      const texts: { text: string; x: number; y: number }[] = [];
      for (const [label, row] of confusion.entries())
        for (const prediction of row.keys()) {
          const part = share(row, prediction);
          if (part === 0) continue;
          const fill = label === prediction ? colours.blue : colours.vermilion;
          // By the root, so that what is rare can be seen.
          const shade = Math.max(1, Math.round(Math.sqrt(part) * shades));
          const [x, y] = api.coord([prediction, label]) as [number, number];
          const path = paths.get(`${fill} ${shade}`) ?? { fill, opacity: (most * shade) / shades, data: '' };
          const corner = [x - (width - gap) / 2, y - (height - gap) / 2].map((place) => place.toFixed(2));
          path.data += `M${corner.join(' ')}h${(width - gap).toFixed(2)}v${(height - gap).toFixed(2)}h${(gap - width).toFixed(2)}Z`;
          paths.set(`${fill} ${shade}`, path);
          if (part >= 0.005) texts.push({ text: (100 * part).toFixed(0), x, y });
        }
      return {
        type: 'group',
        children: [
          ...[...paths.values()].map(({ fill, opacity, data }) => ({
            ...{ type: 'path' as const, shape: { pathData: data }, style: { fill, opacity } },
          })),
          ...(isWritten ? texts : []).map(({ text, x, y }) => ({
            ...{ type: 'text' as const, x, y, z2: 10 },
            style: {
              ...{ text, fill: ink, font: `11px ${fontFamily}` },
              ...{ align: 'center' as const, verticalAlign: 'middle' as const },
            },
          })),
        ],
      };
    },
  };
}

/** Names that files can have, each once, also where upper and lower case are the same. */
function fileNames(names: readonly string[]): string[] {
  const plain = names.map((name) => name.replaceAll(/[^\w.-]+/g, '-'));
  const lower = plain.map((name) => name.toLowerCase());
  return plain.map((name, index) => (lower.indexOf(lower[index]!) === index ? name : `${name}-${index + 1}`));
}
