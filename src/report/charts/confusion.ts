// Confusion matrices: a row a class, a column a prediction.
import type { CustomSeriesOption } from 'echarts';
import { type Classes, classesOf, mistakesOf, type SubjectClasses, share } from '../content/classes.js';
import type { Subject } from '../content/subjects.js';
import { colours, fontFamily, ink } from '../look.js';
import { grouped, percentValue } from '../numbers/format.js';
import { imagesNote, subtitle } from './notes.js';
import { type Chart, type ChartForm, frame, labelWidth, type Point, placeAxis, rowAxis } from './style.js';

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

function confusionChart(
  title: string,
  { names, points, of }: SubjectClasses,
  point: Classes,
  name: string,
  form: ChartForm,
): Chart {
  const count = names.length;
  const isNamed = count <= mostNamed;
  const numbers = names.map((_, label) => String(label));
  const nameWidth = isNamed ? Math.min(110, Math.max(16, ...names.map(labelWidth))) : 28;
  const [left, right] = [nameWidth + 38, 14];
  const width = form.width ?? left + right + count * (isNamed ? cells.named : cells.many);
  const cellWidth = (width - left - right) / count;
  const upright = isNamed && Math.max(...names.map(labelWidth)) > cellWidth;
  const axis = isNamed ? names : numbers;
  const axisLabel = { interval: isNamed ? 0 : 9 };
  const runs = point.group.samples.flat().length;
  const labels = { precision: point.group.precision, ...point.group.labels };
  return frame(
    {
      ...{ name, title: `Confusion matrix, ${point.name}`, named: true },
      subtitle: subtitle(
        title,
        'share of the images of a class, in percent',
        runs > 1 ? `${runs} runs together` : imagesNote([point.group]),
        of > points.length ? `drawn are the first ${points.length} of ${grouped(of)} points` : undefined,
      ),
      readout: { value: percentValue },
      keys: [
        { name: 'recognised', colour: colours.blue },
        { name: 'mistaken', colour: colours.vermilion },
      ],
      points: names.flatMap((row, label) =>
        names.map(
          (column, prediction): Point => ({
            ...{ series: column, at: row, n: point.group.samples.length, labels },
            value: 100 * share(point.confusion[label]!, prediction),
          }),
        ),
      ),
      places: names.map((row, label) => {
        const counts = point.confusion[label]!;
        const [mistake] = mistakesOf(counts, label);
        const taken = mistake && `${percentValue(100 * mistake.share)} for ${names[mistake.prediction]!}`;
        return { at: label, title: row, values: [percentValue(100 * share(counts, label)), taken ?? null] };
      }),
      measures: { series: 'prediction', at: 'class', value: 'share of the class (%)' },
      ...{ width, area: count * Math.min(cellWidth, cells.highest), left, right },
      ...(upright ? { below: nameWidth - 14 } : {}),
      option: {
        xAxis: {
          ...{
            type: 'category',
            data: [...axis],
            ...placeAxis(isNamed ? 'taken for' : 'taken for, number of the class'),
          },
          axisLabel: {
            ...placeAxis('').axisLabel,
            ...axisLabel,
            hideOverlap: false,
            ...(upright ? { rotate: 90 } : {}),
          },
          ...(upright ? { nameGap: nameWidth + 18 } : {}),
          axisLine: { show: false },
        },
        yAxis: {
          ...{ type: 'category', data: [...axis], ...rowAxis(nameWidth) },
          ...{ name: isNamed ? 'class' : 'class, its number', nameLocation: 'middle', nameGap: nameWidth + 14 },
          nameTextStyle: placeAxis('').nameTextStyle,
          axisLabel: { ...rowAxis(nameWidth).axisLabel, ...axisLabel },
        },
        series: [cellSeries(point.confusion)],
      },
    },
    form,
  );
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
