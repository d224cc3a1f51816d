// Charts of lines: values over a number that grows, such as noise and epochs, or from layer to layer.
import type { CustomSeriesOption, LineSeriesOption } from 'echarts';
import type { Estimate } from '../../results/statistics.js';
import { colours, fontFamily } from '../look.js';
import { type Bundle, medianRange } from './bundles.js';
import { within } from './scales.js';
import { type Key, labelWidth, lineLooks, mostColours, type Point } from './style.js';

/** A line, with what lies around it. */
export interface Curve extends Key {
  readonly symbol: string;
  readonly points: readonly Point[];
  /** Of second rank, beside the one of the same colour. */
  readonly look?: 'dashed' | 'dotted';
  /** How the bounds of its points are drawn. */
  readonly around: 'whiskers' | 'band' | 'nothing';
}

/** What a member has at a place. */
export interface Value {
  readonly at: string | number;
  readonly estimate: Estimate;
}

/**
 * A curve a bundle: that of its only member with the intervals of its values, or the median of its members with their range
 * as a band.
 */
export function curvesOf<T>(bundles: readonly Bundle<T>[], valuesOf: (member: T) => readonly Value[]): Curve[] {
  const looks = lineLooks(bundles.map(({ name }) => name));
  return bundles.map((bundle): Curve => {
    const { name, labels, members } = bundle;
    const { colour, symbol } = looks.get(name)!;
    const points = members.length === 1 ? ownPoints(bundle, valuesOf(members[0]!)) : medians(bundle, valuesOf);
    const whole = points.map((point) => ({ ...point, series: name, labels }));
    return { name, colour, symbol, points: whole, around: members.length === 1 ? 'whiskers' : 'band' };
  });
}

type Unplaced = Omit<Point, 'series' | 'labels'>;

function ownPoints(_: unknown, values: readonly Value[]): Unplaced[] {
  return values.map(({ at, estimate: { n, mean, interval } }) => ({
    ...{ at, value: mean, n },
    ...(interval && { low: interval.low, high: interval.high, bounds: interval.method }),
  }));
}

function medians<T>({ members }: Bundle<T>, valuesOf: (member: T) => readonly Value[]): Unplaced[] {
  const found = new Map<string | number, number[]>();
  for (const { at, estimate } of members.flatMap(valuesOf)) {
    const values = found.get(at);
    if (values === undefined) found.set(at, [estimate.mean]);
    else values.push(estimate.mean);
  }
  const places = [...found];
  if (places.every(([at]) => typeof at === 'number')) places.sort(([a], [b]) => Number(a) - Number(b));
  return places.map(([at, values]) => {
    const { median, low, high } = medianRange(values);
    return { at, value: median, low, high, bounds: 'range', n: values.length };
  });
}

/** A line through the whole chart at a value that others are compared with. */
export function levelLine(name: string, colour: string, value: number, [from, to]: readonly [number, number]): Curve {
  const points = [from, to].map((at) => ({ series: name, at, value, n: 1, labels: {} }));
  return { name, colour, symbol: 'none', look: 'dashed', points, around: 'nothing' };
}

/** Do names stand at the ends of the lines? Few and short ones do; others are in the legend. */
export function namesAtEnds(curves: readonly Curve[]): boolean {
  return curves.length <= mostColours && Math.max(...curves.map(({ name }) => name.length)) <= 6;
}

/** Pixels that names at the ends take. */
export const endSpace = (curves: readonly Curve[]): number =>
  namesAtEnds(curves) ? 20 + Math.max(...curves.map(({ name }) => labelWidth(name))) : 28;

/**
 * @param named with their names at their ends, for which there must be space
 * @param categories places, where they are names
 */
export function curveSeries(
  curves: readonly Curve[],
  named: boolean,
  categories?: readonly string[],
): (LineSeriesOption | CustomSeriesOption)[] {
  const place = (at: string | number) => (typeof at === 'number' ? at : categories!.indexOf(at));
  return [
    ...curves.flatMap((curve) => aroundSeries(curve, place)),
    ...curves.map((curve) => lineSeries(curve, place, named)),
  ];
}

/** Markers of so many points can be told apart. */
const mostMarkers = 30;

function lineSeries(curve: Curve, place: (at: string | number) => number, named: boolean): LineSeriesOption {
  const { name, colour, symbol, points, look } = curve;
  return {
    ...{ type: 'line', name, data: points.map(({ at, value }) => [place(at), value]), z: 3 },
    // A line of one point would be invisible without a marker.
    symbol: points.length <= mostMarkers ? symbol : 'none',
    symbolSize: look === undefined ? 6 : 3,
    itemStyle: { color: colour },
    lineStyle: look === undefined ? { width: 2 } : { width: 1.2, type: look, opacity: 0.8 },
    ...(named && {
      endLabel: { show: true, formatter: '{a}', distance: 10, fontFamily, fontSize: 12.5, color: colour },
      labelLayout: { moveOverlap: 'shiftY' as const },
    }),
  };
}

/** The bounds of a curve's points: a line each, or the area between them. */
function aroundSeries(curve: Curve, place: (at: string | number) => number): CustomSeriesOption[] {
  const { colour, around } = curve;
  const bounded = curve.points.filter((point) => point.low !== undefined);
  if (around === 'nothing' || bounded.length === 0) return [];
  const data = bounded.map(({ at, low, high }) => [place(at), low!, high!]);
  return [
    {
      ...{ type: 'custom', silent: true, data, z: around === 'band' ? 1 : 2 },
      encode: { x: 0, y: [1, 2] },
      renderItem: ({ dataIndex, coordSys }, api) => {
        const area = coordSys as unknown as { readonly y: number; readonly height: number };
        const at = (x: number, y: number): [number, number] => {
          const [across, down] = api.coord([x, y]) as [number, number];
          return [across, within(down, area.y, area.height, area.y + area.height)];
        };
        const isWhole = (x: number, y: number) => (api.coord([x, y]) as [number, number])[1] === at(x, y)[1];
        if (around === 'whiskers') {
          const [x, low, high] = data[dataIndex] as [number, number, number];
          const [[x1, y1], [, y2]] = [at(x, low), at(x, high)];
          const segment = (xa: number, ya: number, xb: number, yb: number) => ({
            ...{ type: 'line' as const, shape: { x1: xa, y1: ya, x2: xb, y2: yb } },
            style: { stroke: colour, lineWidth: 1.3 },
          });
          return {
            type: 'group',
            children: [
              segment(x1, y1, x1, y2),
              // None where the line goes on beyond the axes.
              ...(isWhole(x, low) ? [segment(x1 - 3, y1, x1 + 3, y1)] : []),
              ...(isWhole(x, high) ? [segment(x1 - 3, y2, x1 + 3, y2)] : []),
            ],
          };
        }
        // The whole area is drawn with the first point.
        if (dataIndex > 0) return null;
        const upper = data.map(([x, , high]) => at(x!, high!));
        const lower = data.map(([x, low]) => at(x!, low!)).reverse();
        return {
          ...{ type: 'polygon', shape: { points: [...upper, ...lower] } },
          style: { fill: colour, opacity: 0.18 },
        };
      },
    },
  ];
}

/** Keys of curves. */
export function keysOf(curves: readonly Curve[]): Key[] {
  return curves.map(({ name, colour, symbol }) => ({ name, colour, ...(symbol === 'none' ? {} : { symbol }) }));
}

export const levelColours = { baseline: colours.dark, chance: colours.grey } as const;
