import type { EChartsOption, LegendComponentOption } from 'echarts';
import { colours, faint, fontFamily, ink, paper, rule } from '../look.js';

/** What a chart is drawn for: a picture of its own, or a place in the page, which has titles and legends in HTML. */
export interface ChartForm {
  readonly medium: 'picture' | 'page';
  /** Pixels; where they are left out, as many as the chart needs. */
  readonly width?: number;
  readonly height?: number;
  /** With title and subtitle over it. */
  readonly titled: boolean;
}

/** The forms of the page: half of it on a desk, all of it on a phone. */
export const wide: ChartForm = { medium: 'page', width: 560, titled: false };
export const narrow: ChartForm = { medium: 'page', width: 360, titled: false };
export const picture: ChartForm = { medium: 'picture', titled: true };

/** True where there is space for short texts only. */
export const isSmall = ({ width }: ChartForm): boolean => width !== undefined && width < 480;

/** How the values of a chart are read out. */
export interface Readout {
  /** Of a number on the axis of places; categories speak for themselves. */
  readonly title?: (at: number) => string;
  /** @param half of its interval, which says how many digits count; 0 where there is none */
  readonly value: (value: number, half: number) => string;
}

/** A series as legend and readout name it. */
export interface Key {
  readonly name: string;
  /** One of `colours`. */
  readonly colour: string;
  /** Its marker. */
  readonly symbol?: string;
}

/** A value that a chart shows: for the readout, and as a row of its CSV. */
export interface Point {
  /** Name of its key. */
  readonly series: string;
  /** Where: a category, or a number of the axis of places. */
  readonly at: string | number;
  /** In the unit of the axis, as are the bounds of its interval. */
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** What the bounds are: `t`, `wilson`, `range`. */
  readonly bounds?: string;
  /** Repetitions or trainings that it stands for. */
  readonly n: number;
  /** Its place in the sweep, by axis. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A chart, ready to be rendered. */
export interface Chart {
  /** File name without ending. */
  readonly name: string;
  /** Pixels of the SVG. */
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
  readonly title: string;
  readonly subtitle: string;
  readonly readout: Readout;
  readonly keys: readonly Key[];
  readonly points: readonly Point[];
  /** What is read out, where that is something else than the points at each place. */
  readonly places?: readonly Place[];
  /** What the axes measure, for the heads of a table: places that are categories need no name. */
  readonly measures: { readonly series?: string; readonly at?: string; readonly value: string };
}

/** What is read out where the pointer is: all values at one place. */
export interface Place {
  readonly at: number | string;
  readonly title: string;
  /** By key. */
  readonly values: readonly (string | null)[];
}

const sequence = ['blue', 'vermilion', 'green', 'purple', 'orange', 'sky', 'wine', 'olive'] as const;
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'roundRect'] as const;

/** Colours that can be told apart. */
export const mostColours = sequence.length;

/** Colours and markers of lines in turn; the float baseline is always dark. */
export function lineLooks(names: readonly string[]): Map<string, { colour: string; symbol: string }> {
  const others = names.filter((name) => name !== 'FP32');
  const looks = others.map((name, index): [string, { colour: string; symbol: string }] => {
    const colour = colours[sequence[index % sequence.length]!];
    return [name, { colour, symbol: symbols[index % symbols.length]! }];
  });
  return new Map(looks).set('FP32', { colour: colours.dark, symbol: 'circle' });
}

/** What is special about a chart: all but the frame that charts have in common. */
export interface Drawing extends Omit<Chart, 'width' | 'height' | 'option'> {
  /** Pixels that it takes as a picture, where it is told no other. */
  readonly width: number;
  /** Pixels of the area of the axes, and beside it. */
  readonly area: number;
  readonly left: number;
  readonly right: number;
  /** Pixels that names below the axis take in addition. */
  readonly below?: number;
  /** True if the lines are labelled themselves and need no legend. */
  readonly named?: boolean;
  readonly option: Pick<EChartsOption, 'xAxis' | 'yAxis' | 'series'>;
}

/** A chart from its drawing, with title, subtitle and legend as its form has them. */
export function frame(drawing: Drawing, form: ChartForm): Chart {
  const { width: ownWidth, area, left, right, below = 0, named = false, option, ...about } = drawing;
  const width = form.width ?? ownWidth;
  const edges = surroundings(about, width, form, named);
  const bottom = edges.bottom + below;
  const height = form.height ?? edges.top + area + bottom;
  const grid = { left, right, top: edges.top, bottom };
  return { ...about, width, height, option: { ...plainOption, ...edges.option, grid, ...option } };
}

/** Pixels above and below the axes, and what is drawn there. */
export function surroundings(
  { title, subtitle, keys }: Pick<Chart, 'title' | 'subtitle' | 'keys'>,
  width: number,
  { medium, titled }: ChartForm,
  named = false,
): { readonly top: number; readonly bottom: number; readonly option: EChartsOption } {
  const axis = 58;
  if (medium === 'page') return { top: 26, bottom: axis, option: {} };
  const head = titled ? heading(title, subtitle, width) : { height: 20, option: {} };
  const foot = named || keys.length < 2 ? { height: 8, option: {} } : legend(keys, width);
  return { top: head.height, bottom: axis + foot.height, option: { ...head.option, ...foot.option } };
}

export const plainOption: EChartsOption = {
  animation: false,
  backgroundColor: paper,
  textStyle: { fontFamily, color: ink, fontSize: 13 },
};

/** Pixels of a character, on the safe side. */
const characters = { title: 10.4, subtitle: 7.1, label: 7.2 } as const;

/** Pixels that a label takes at most. */
export const labelWidth = (text: string): number => text.length * characters.label;

function heading(title: string, subtitle: string, width: number) {
  const space = width - 40;
  const titles = wrapped(title, space / characters.title);
  const subtitles = subtitle === '' ? [] : wrapped(subtitle, space / characters.subtitle);
  const option: EChartsOption = {
    title: {
      ...{ text: titles.join('\n'), subtext: subtitles.join('\n'), left: 20, top: 14, itemGap: 7 },
      textStyle: { fontFamily, fontSize: 17, lineHeight: 22, fontWeight: 'bold', color: ink },
      subtextStyle: { fontFamily, fontSize: 12.5, color: faint, lineHeight: 17 },
    },
  };
  return { height: 14 + 22 * titles.length + 7 + 17 * subtitles.length + 30, option };
}

/** A text in lines of so many characters at most, as far as its words allow. */
function wrapped(text: string, most: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    for (const word of line.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

/** Pixels of the legend's parts. */
const legendParts = { icon: 12, text: 5, gap: 30, line: 21 } as const;

/** A legend under the chart, in as many lines as it needs, the widest of which is as wide as the chart at most. */
function legend(keys: readonly Key[], width: number) {
  const { icon, text, gap, line } = legendParts;
  const lines: Key[][] = [];
  let used = 0;
  for (const key of keys) {
    const needed = icon + text + labelWidth(key.name) + gap;
    if (lines.length === 0 || used + needed > width - 12) [lines[lines.length], used] = [[], 0];
    lines.at(-1)!.push(key);
    used += needed;
  }
  const option = lines.map(
    (own, index): LegendComponentOption => ({
      data: own.map(({ name, symbol = 'circle' }) => ({ name, icon: symbol })),
      ...{ bottom: 10 + line * (lines.length - 1 - index), left: 'center' },
      ...{ itemWidth: icon, itemHeight: 9, itemGap: gap, padding: 0 },
      textStyle: { fontFamily, fontSize: 12.5, color: ink },
    }),
  );
  return { height: 10 + line * lines.length, option: { legend: option } };
}

/** Pixels of the letters at the axes. */
export const textPixels = 12.5;

const axisText = { fontFamily, fontSize: textPixels, color: ink };

/** Settings shared by the axes of numbers; `name` is the title, with its unit. */
export function valueAxis(name: string, formatter?: (value: number) => string) {
  return {
    name,
    nameLocation: 'middle',
    nameTextStyle: { ...axisText, fontSize: 13 },
    axisLabel: { ...axisText, hideOverlap: true, ...(formatter === undefined ? {} : { formatter }) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: rule } },
  } as const;
}

/** Settings shared by the axes of places below charts of lines. */
export function placeAxis(name: string) {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 32,
    nameTextStyle: { ...axisText, fontSize: 13 },
    axisLabel: { ...axisText, hideOverlap: true },
    axisLine: { lineStyle: { color: ink } },
    axisTick: { show: false },
    splitLine: { show: false },
  } as const;
}

/** Settings of the names of rows on the left: broken into lines where they are wider. */
export function rowAxis(width: number) {
  return {
    inverse: true,
    axisLabel: { ...axisText, interval: 0, width, overflow: 'break', lineHeight: 15 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
  } as const;
}
