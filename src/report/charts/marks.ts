import type { CustomSeriesOption, LineSeriesOption } from 'echarts';
import { colours, fontFamily, ink, paper } from '../look.js';
import { type ChartForm, lineLook } from './style.js';

/** A bar in a category that is divided into equal slots. */
export interface Bar {
  readonly category: number;
  readonly value: number;
  readonly label: string;
  /** Place among the bars of its category, from 0. */
  readonly slot: number;
  /** Bars in this category. */
  readonly slots: number;
}

/** Share of a category's width that its bars fill. */
const fill = 0.8;
/** Pixels that no bar is wider than, so that a lone one does not look like a wall. */
const widest = 64;

/** What lies over what: a reference line crosses the bars, and both leave labels readable. */
const layers = { bar: 1, line: 5, text: 10 } as const;

/** White around letters keeps grid lines from running through them. */
const halo = { stroke: paper, lineWidth: 3 } as const;

/** Pixels of a character of a bar's label; labels that are wider than their bars stand upright, on thin ones there are none. */
const labelSize = { character: 7, line: 11 } as const;

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Bars with their values above. Unlike ECharts' own, they are centred in their category even where it has fewer bars
 * than others, as the one of the FP32 baseline has.
 */
export function barSeries(name: string, colour: string, bars: readonly Bar[], form: ChartForm): CustomSeriesOption {
  // All labels of a series alike.
  const longest = Math.max(0, ...bars.map(({ label }) => label.length));
  return {
    type: 'custom',
    name,
    itemStyle: { color: colour },
    data: bars.map(({ category, value }) => [category, value]),
    encode: { x: 0, y: 1 },
    renderItem: (params, api) => {
      const bar = bars[params.dataIndex]!;
      const area = params.coordSys as unknown as Area;
      const [centre, top] = api.coord([bar.category, bar.value]) as [number, number];
      const [category] = api.size!([1, 0]) as [number, number];
      const width = Math.min((category * fill) / bar.slots, widest);
      const middle = centre + (bar.slot - (bar.slots - 1) / 2) * width;
      const height = Math.max(0, area.y + area.height - top);
      const font = `11.5px ${fontFamily}`;
      const upright = longest * labelSize.character > width + 1;
      const label = {
        ...{ type: 'text' as const, x: middle, y: top - 4, z2: layers.text, rotation: upright ? Math.PI / 2 : 0 },
        style: {
          // The page knows by the colour what belongs to a series, and draws all text in ink.
          ...{ text: bar.label, fill: form === 'picture' ? ink : colour, font, ...halo },
          ...(upright
            ? ({ align: 'left', verticalAlign: 'middle' } as const)
            : ({ align: 'center', verticalAlign: 'bottom' } as const)),
        },
      };
      return {
        type: 'group',
        children: [
          {
            type: 'rect',
            shape: { x: middle - width * 0.47, y: top, width: width * 0.94, height },
            style: { fill: colour },
            z2: layers.bar,
          },
          ...(upright && width < labelSize.line ? [] : [label]),
        ],
      };
    },
  };
}

/**
 * A dashed line across the whole chart at a value.
 * @param label its name: above its right end, or in the margin behind it
 */
export function referenceLine(
  value: number,
  label?: { readonly text: string; readonly place: 'above' | 'margin' },
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    data: [[0, value]],
    encode: { x: 0, y: 1 },
    renderItem: (params, api) => {
      const area = params.coordSys as unknown as Area;
      const [, y] = api.coord([0, value]) as [number, number];
      const right = area.x + area.width;
      const line = {
        type: 'line' as const,
        shape: { x1: area.x, y1: y, x2: right, y2: y },
        style: { stroke: colours.dark, lineWidth: 1.3, lineDash: [5, 4] },
        z2: layers.line,
      };
      if (label === undefined) return { type: 'group', children: [line] };
      const font = `11.5px ${fontFamily}`;
      const place =
        label.place === 'above'
          ? ({ x: right, y: y - 4, style: { align: 'right', verticalAlign: 'bottom' } } as const)
          : ({ x: right + 8, y, style: { align: 'left', verticalAlign: 'middle' } } as const);
      const style = { text: label.text, fill: ink, font, lineHeight: 15, ...halo, ...place.style };
      return { type: 'group', children: [line, { type: 'text', ...place, style, z2: layers.text }] };
    },
  };
}

/** A line with markers and its name at its right end, in the colour of its place among `order`. */
export function namedLine(
  name: string,
  points: readonly (readonly [x: number | string, y: number])[],
  look: { readonly colour: string; readonly symbol: string },
): LineSeriesOption {
  return {
    type: 'line',
    name,
    data: points.map((point) => [...point]),
    symbol: look.symbol,
    symbolSize: 7,
    lineStyle: { width: 2 },
    itemStyle: { color: look.colour },
    endLabel: { show: true, formatter: '{a}', distance: 10, fontFamily, fontSize: 12.5, color: look.colour },
    labelLayout: { moveOverlap: 'shiftY' },
  };
}

/** Colours and markers of precisions: quantised ones in turn, FP32 always in grey. */
export function precisionLooks(precisions: readonly string[]): Map<string, { colour: string; symbol: string }> {
  const quantised = precisions.filter((precision) => precision !== 'fp32');
  const looks = new Map(quantised.map((precision, index) => [precision, lineLook(index)]));
  return looks.set('fp32', { colour: colours.dark, symbol: 'none' });
}
