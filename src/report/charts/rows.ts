// Charts of rows: a row for each point of the sweep, its name on the left, values from left to right.
import type { CustomSeriesOption } from 'echarts';
import type { Estimate } from '../../results/statistics.js';
import { colours, fontFamily, ink, paper } from '../look.js';
import { within } from './scales.js';
import {
  type Chart,
  type ChartForm,
  frame,
  isSmall,
  type Key,
  labelWidth,
  type Point,
  rowAxis,
  valueAxis,
} from './style.js';

export type Shape = 'circle' | 'square' | 'diamond';

/** What the legend calls them. */
const icons = { circle: 'circle', square: 'rect', diamond: 'diamond' } as const;

/** A value in a row. */
export interface RowValue {
  /** The row's name. */
  readonly row: string;
  /** In the unit of the axis. */
  readonly estimate: Estimate;
  readonly labels: Readonly<Record<string, string>>;
}

export interface RowSeries extends Key {
  readonly shape: Shape;
  readonly values: readonly RowValue[];
}

export interface Rows extends Pick<Chart, 'name' | 'title' | 'subtitle' | 'readout'> {
  /** Dots with their intervals, or bars from 0. */
  readonly mark: 'dot' | 'bar';
  readonly rows: readonly string[];
  readonly series: readonly RowSeries[];
  readonly axis: {
    readonly type: 'value' | 'log';
    readonly min: number;
    readonly max?: number;
    readonly interval?: number;
    readonly name: string;
    readonly format?: (value: number) => string;
  };
  /** What is measured, with its unit, as the head of a column. */
  readonly measure: string;
  /** Text at a value. */
  readonly label: (estimate: Estimate) => string;
  /** Values that others are compared with: a line through all rows. */
  readonly lines: readonly Line[];
}

export interface Line {
  readonly value: number;
  readonly look: 'dashed' | 'dotted';
}

/** Pixels of a value's place in its row, with and without its text; many rows are drawn without. */
const slotHeight = { labelled: 16, dense: 9 } as const;
const mostLabelledRows = 24;
const lineHeight = 15;

/** What lies over what: lines across the chart, marks, then texts. */
const layers = { line: 1, mark: 5, text: 10 } as const;

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A mark with its place among those of its row. */
interface Placed {
  readonly value: RowValue;
  readonly row: number;
  readonly slot: number;
  readonly slots: number;
}

export function rowsChart(rows: Rows, form: ChartForm): Chart {
  const { series, axis, measure, name, title, subtitle, readout } = rows;
  const most = isSmall(form) ? 118 : 240;
  const nameWidth = Math.min(most, Math.max(40, ...rows.rows.map(labelWidth)));
  const labelled = rows.rows.length <= mostLabelledRows;
  const slots = Math.max(1, ...rows.rows.map((row) => seriesOf(rows, row).length));
  const nameLines = Math.max(1, ...rows.rows.map((row) => Math.ceil(labelWidth(row) / nameWidth)));
  const slot = labelled ? slotHeight.labelled : slotHeight.dense;
  const rowHeight = Math.max(slots * slot + (labelled ? 10 : 3), nameLines * lineHeight + 3);
  return frame(
    {
      ...{ name, title, subtitle, readout, measures: { value: measure } },
      keys: series.map(({ name: key, colour, shape }) => ({ name: key, colour, symbol: icons[shape] })),
      points: series.flatMap((one) => one.values.map((value) => pointOf(one.name, value))),
      ...{ width: 720, area: rows.rows.length * rowHeight, left: nameWidth + 22, right: rightEdge(rows, form) },
      option: {
        xAxis: {
          ...{ type: axis.type, min: axis.min },
          ...(axis.max === undefined ? {} : { max: axis.max }),
          ...(axis.interval === undefined ? {} : { interval: axis.interval }),
          ...{ ...valueAxis(axis.name, axis.format), nameGap: 32 },
        },
        yAxis: { type: 'category', data: [...rows.rows], ...rowAxis(nameWidth) },
        series: [
          ...series.map((one) => markSeries(rows, one, labelled)),
          ...rows.lines.map((line) => lineAcross(line)),
        ],
      },
    },
    form,
  );
}

/** Pixels beside the axes: texts of bars stand behind them, never on them. */
function rightEdge({ mark, series, label: show }: Rows, form: ChartForm): number {
  if (mark === 'dot') return isSmall(form) ? 22 : 36;
  return 14 + Math.max(0, ...series.flatMap(({ values }) => values.map(({ estimate }) => labelWidth(show(estimate)))));
}

function seriesOf({ series }: Rows, row: string): readonly RowSeries[] {
  return series.filter(({ values }) => values.some((value) => value.row === row));
}

function pointOf(series: string, { row, estimate, labels }: RowValue): Point {
  const { n, mean, interval } = estimate;
  const bounds = interval && { low: interval.low, high: interval.high, bounds: interval.method };
  return { series, at: row, value: mean, n, labels, ...bounds };
}

/** The marks of a series, each in its own place of its row, so that none hides another. */
function markSeries(rows: Rows, series: RowSeries, labelled: boolean): CustomSeriesOption {
  const placed = series.values.map((value): Placed => {
    const present = seriesOf(rows, value.row);
    return { value, row: rows.rows.indexOf(value.row), slot: present.indexOf(series), slots: present.length };
  });
  return {
    ...{ type: 'custom', name: series.name, itemStyle: { color: series.colour } },
    data: placed.map(({ value, row }) => [value.estimate.mean, row]),
    encode: { x: 0, y: 1 },
    renderItem: (params, api) => {
      const { value, row, slot, slots } = placed[params.dataIndex]!;
      const area = params.coordSys as unknown as Area;
      const at = (x: number) => (api.coord([x, row]) as [number, number])[0];
      const [x, middle] = api.coord([value.estimate.mean, row]) as [number, number];
      const height = (api.size!([1, 1]) as [number, number])[1];
      const place = Math.min((height * 0.86) / slots, 24);
      const y = middle + (slot - (slots - 1) / 2) * place;
      const { interval } = value.estimate;
      const ends = interval ? [at(interval.low), at(interval.high)] : [x, x];
      const [low, high] = ends.map((end) => within(end, area.x, area.width, area.x)) as [number, number];
      const mark =
        rows.mark === 'bar'
          ? bar(area.x, x, y, Math.min(place * 0.8, 16), series.colour)
          : dot(series.shape, x, y, labelled ? 4.5 : 3.2, series.colour);
      const lines = rows.lines.map((line) => at(line.value));
      const text = { text: rows.label(value.estimate), low, high, y };
      return {
        type: 'group',
        children: [
          ...(interval ? whisker([low, high], ends, y, rows.mark === 'bar' ? colours.dark : series.colour) : []),
          mark,
          ...(labelled && place > 11 ? [label(text, area, lines, rows.mark)] : []),
        ],
      };
    },
  };
}

function dot(shape: Shape, x: number, y: number, radius: number, fill: string) {
  const look = { style: { fill }, z2: layers.mark + 1 };
  if (shape === 'circle') return { type: 'circle' as const, shape: { cx: x, cy: y, r: radius }, ...look };
  if (shape === 'square') {
    const side = radius * 1.8;
    return { type: 'rect' as const, shape: { x: x - side / 2, y: y - side / 2, width: side, height: side }, ...look };
  }
  const r = radius * 1.3;
  const points: [number, number][] = [
    [x, y - r],
    [x + r, y],
    [x, y + r],
    [x - r, y],
  ];
  return { type: 'polygon' as const, shape: { points }, ...look };
}

function bar(from: number, to: number, y: number, height: number, fill: string) {
  const shape = { x: from, y: y - height / 2, width: Math.max(0, to - from), height };
  return { type: 'rect' as const, shape, style: { fill }, z2: layers.mark };
}

/** An interval: a line with an end on either side, but where it goes on beyond the axes. */
function whisker([low, high]: readonly [number, number], ends: readonly number[], y: number, stroke: string) {
  const segment = (x1: number, y1: number, x2: number, y2: number) => ({
    ...{ type: 'line' as const, shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.4 }, z2: layers.mark },
  });
  const shown = [low, high].filter((x, i) => x === ends[i]);
  return [segment(low, y, high, y), ...shown.map((x) => segment(x, y - 3, x, y + 3))];
}

/** The text of a mark: behind it, or before it where it would leave the chart or stand on a line. */
function label(
  { text, low, high, y }: { readonly text: string; readonly low: number; readonly high: number; readonly y: number },
  area: Area,
  lines: readonly number[],
  mark: Rows['mark'],
) {
  const [gap, width] = [9, labelWidth(text) * 0.94];
  const behind = { from: high + gap, to: high + gap + width };
  const before = { from: low - gap - width, to: low - gap };
  const fits = ({ from, to }: typeof behind) => from >= area.x && to <= area.x + area.width + 20;
  const free = ({ from, to }: typeof behind) => !lines.some((x) => x > from - 3 && x < to + 3);
  const sides = mark === 'bar' ? [behind] : [behind, before];
  const best = sides.find((one) => fits(one) && free(one)) ?? sides.find(fits) ?? behind;
  const font = `11.5px ${fontFamily}`;
  const side = best === behind ? ({ x: best.from, align: 'left' } as const) : ({ x: best.to, align: 'right' } as const);
  return {
    ...{ type: 'text' as const, x: side.x, y, z2: layers.text },
    // White around letters keeps lines from running through them.
    style: { text, fill: ink, font, align: side.align, verticalAlign: 'middle' as const, stroke: paper, lineWidth: 3 },
  };
}

/** A line through all rows. */
function lineAcross({ value, look }: Line): CustomSeriesOption {
  return {
    ...{ type: 'custom', silent: true, data: [[value, 0]], encode: { x: 0, y: 1 } },
    renderItem: (params, api) => {
      const area = params.coordSys as unknown as Area;
      const [x] = api.coord([value, 0]) as [number, number];
      return {
        ...{ type: 'line', z2: layers.line },
        shape: { x1: x, y1: area.y, x2: x, y2: area.y + area.height },
        style: { stroke: colours.dark, lineWidth: 1.2, lineDash: look === 'dashed' ? [5, 4] : [1.5, 3] },
      };
    },
  };
}
