import type { EChartsOption, LegendComponentOption } from 'echarts';

/** A chart, ready to be rendered. */
export interface Chart {
  /** File name without ending. */
  readonly name: string;
  /** Pixels of the SVG; the PNG has twice as many. */
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';
export const ink = '#222222';
export const faint = '#6b6b6b';
export const rule = '#e3e3e3';

/** Colours that colour-blind readers tell apart: Okabe and Ito's (Color Universal Design, 2008), and two of Paul Tol's. */
export const colours = {
  blue: '#0072B2',
  vermilion: '#D55E00',
  green: '#009E73',
  orange: '#E69F00',
  sky: '#56B4E9',
  purple: '#CC79A7',
  wine: '#882255',
  olive: '#999933',
  grey: '#9A9A9A',
  dark: '#4A4A4A',
} as const;

const sequence = ['blue', 'vermilion', 'green', 'purple', 'orange', 'sky', 'wine', 'olive'] as const;
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'roundRect'] as const;

/** Colour and marker of the i-th of several lines; pairs repeat only after 40. */
export function lineLook(index: number): { colour: string; symbol: string } {
  return { colour: colours[sequence[index % sequence.length]!], symbol: symbols[index % symbols.length]! };
}

/** Title, subtitle and what every chart has in common. */
export function baseOption(title: string, subtitle: string): EChartsOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily, color: ink, fontSize: 13 },
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

export function horizontalAxis(name: string) {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 32,
    nameTextStyle: { ...axisText, fontSize: 13 },
    axisLabel: { ...axisText, interval: 0 },
    axisLine: { lineStyle: { color: ink } },
    axisTick: { show: false },
    splitLine: { show: false },
  } as const;
}
