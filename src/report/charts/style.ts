import type { EChartsOption, LegendComponentOption } from 'echarts';
import { colours, faint, fontFamily, ink, paper, rule } from '../look.js';

/** What a chart is drawn for: a picture of its own, or a place in the page, which has titles and legends in HTML. */
export type ChartForm = 'picture' | 'wide' | 'narrow';

/** How the page reads out the values of a chart. */
export interface Readout {
  /** Of a number on the horizontal axis; categories speak for themselves. */
  readonly title?: (x: number) => string;
  readonly value: (y: number) => string;
}

/** A chart, ready to be rendered. */
export interface Chart {
  /** File name without ending. */
  readonly name: string;
  /** Pixels of the SVG; the PNG has twice as many. */
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
  readonly title: string;
  readonly subtitle: string;
  readonly readout: Readout;
}

const sequence = ['blue', 'vermilion', 'green', 'purple', 'orange', 'sky', 'wine', 'olive'] as const;
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'roundRect'] as const;

/** Colour and marker of the i-th of several lines; pairs repeat only after 40. */
export function lineLook(index: number): { colour: string; symbol: string } {
  return { colour: colours[sequence[index % sequence.length]!], symbol: symbols[index % symbols.length]! };
}

/** Pixels of charts in the page: half of it on a desk, all of it on a phone. */
const pageSizes = { wide: { width: 560, height: 320 }, narrow: { width: 360, height: 300 } } as const;

/** What is special about a chart: all but the frame that charts have in common. */
export interface Drawing extends Pick<Chart, 'name' | 'title' | 'subtitle' | 'readout'> {
  /** Pixels as a picture; in the page all charts are of one size. */
  readonly width: number;
  readonly height: number;
  /** Pixels beside the area of the axes. */
  readonly left: number;
  readonly right: number;
  /** Names in the legend, if there is one. */
  readonly legend?: readonly string[];
  readonly option: Pick<EChartsOption, 'xAxis' | 'yAxis' | 'series'>;
}

/** A chart from its drawing: with title, subtitle and legend as a picture, without in the page. */
export function frame(drawing: Drawing, form: ChartForm): Chart {
  const { name, title, subtitle, readout, left, right, legend: names, option } = drawing;
  const about = { name, title, subtitle, readout };
  if (form !== 'picture') {
    const grid = { left, right: Math.min(right, form === 'narrow' ? 56 : right), top: 26, bottom: 58 };
    return { ...about, ...pageSizes[form], option: { ...plainOption, grid, ...option } };
  }
  const lines = subtitle.split('\n').length;
  const grid = { left, right, top: 76 + 20 * lines, bottom: names === undefined ? 66 : 92 };
  const { width, height } = drawing;
  const shown = names === undefined ? {} : { legend: legend(names) };
  return { ...about, width, height, option: { ...titled(title, subtitle), grid, ...shown, ...option } };
}

const plainOption: EChartsOption = {
  animation: false,
  backgroundColor: paper,
  textStyle: { fontFamily, color: ink, fontSize: 13 },
};

/** Title, subtitle and what every picture has in common. */
export function titled(title: string, subtitle: string): EChartsOption {
  return {
    ...plainOption,
    title: {
      text: title,
      subtext: subtitle,
      left: 20,
      top: 14,
      itemGap: 7,
      textStyle: { fontFamily, fontSize: 17, fontWeight: 'bold', color: ink },
      subtextStyle: { fontFamily, fontSize: 12.5, color: faint, lineHeight: 17 },
    },
  };
}

/** A legend in one line under the chart. */
export function legend(names: readonly string[]): LegendComponentOption {
  return {
    data: [...names],
    bottom: 12,
    left: 'center',
    itemWidth: 22,
    itemHeight: 12,
    itemGap: 32,
    textStyle: { fontFamily, fontSize: 12.5, color: ink },
  };
}

const axisText = { fontFamily, fontSize: 12.5, color: ink };

/** Settings shared by the vertical axes of all charts; `name` is the title, with its unit. */
export function verticalAxis(name: string, formatter?: (value: number) => string) {
  return {
    name,
    nameLocation: 'middle',
    nameTextStyle: { ...axisText, fontSize: 13 },
    axisLabel: formatter === undefined ? axisText : { ...axisText, formatter },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: rule } },
  } as const;
}

/** @param interval 0 for a label at every category, `auto` for as many as there is space for */
export function horizontalAxis(name: string, interval: 0 | 'auto' = 0) {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 32,
    nameTextStyle: { ...axisText, fontSize: 13 },
    axisLabel: { ...axisText, interval },
    axisLine: { lineStyle: { color: ink } },
    axisTick: { show: false },
    splitLine: { show: false },
  } as const;
}
