import { join } from 'node:path';
import { buildFolder } from '../../paths.js';
import { printable } from '../../text/printable.js';
import type { Chart } from './style.js';

/** PNG pixels per SVG pixel: sharp in print at the width of a column. */
const pngScale = 2;

/** The part of zrender's SVG painter that ECharts does not pass on. */
interface SvgPainter {
  renderToString(options: { readonly cssAnimation: boolean; readonly cssEmphasis: boolean }): string;
}

/** A chart as SVG. The same chart gives the same bytes, whatever was rendered before. */
export async function renderSvg(chart: Chart): Promise<string> {
  return (await drawChart(chart)).svg;
}

/** A chart as SVG, and where in it values of its horizontal axis are, in pixels. */
export async function drawChart(
  chart: Chart,
  values: readonly (number | string)[] = [],
): Promise<{ svg: string; places: number[] }> {
  // Loaded on use: the libraries are large, and most commands draw nothing.
  const { init } = await import('./echarts.js');
  const instance = init(null, null, { renderer: 'svg', ssr: true, width: chart.width, height: chart.height });
  try {
    instance.setOption(chart.option);
    // Through the painter, because ECharts' own call always adds styles for hovering: useless on paper, and with names
    // that count on over all charts of the process.
    const painter = instance.getZr().painter as unknown as SvgPainter;
    const svg = painter.renderToString({ cssAnimation: false, cssEmphasis: false });
    // Ids of clip paths hold the number of the chart in this process. With its name instead, charts in one page don't clash.
    return {
      svg: `${printable(svg).replaceAll(/\bzr\d+-/g, `${chart.name}-`)}\n`,
      places: values.map((value) => instance.convertToPixel({ xAxisIndex: 0 }, value)),
    };
  } finally {
    instance.dispose();
  }
}

/** An SVG as PNG, with the font that comes with the program and none of the system: the same pixels anywhere. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: pngScale },
    font: { fontFiles: fontFiles(), loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
  });
  return resvg.render().asPng();
}

function fontFiles(): string[] {
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(buildFolder, 'fonts', file));
}
