import { printable } from '../../text/printable.js';
import type { Chart } from './style.js';

/** The part of zrender's SVG painter that ECharts does not pass on. */
interface SvgPainter {
  renderToString(options: { readonly cssAnimation: boolean; readonly cssEmphasis: boolean }): string;
}

/** A chart as SVG. The same chart gives the same bytes, whatever was rendered before. */
export async function renderSvg(chart: Chart): Promise<string> {
  return (await drawChart(chart)).svg;
}

/** A chart as SVG, and where in it places of its axis of places are, in pixels along that axis. */
export async function drawChart(
  chart: Chart,
  at: readonly (number | string)[] = [],
): Promise<{ svg: string; places: number[]; along: 'x' | 'y' }> {
  // Loaded on use: the libraries are large, and most commands draw nothing.
  const { init } = await import('./echarts.js');
  const instance = init(null, null, { renderer: 'svg', ssr: true, width: chart.width, height: chart.height });
  try {
    instance.setOption(chart.option);
    // Through the painter, because ECharts' own call always adds styles for hovering: useless on paper, and with names
    // that count on over all charts of the process.
    const painter = instance.getZr().painter as unknown as SvgPainter;
    // Rows stand one below the other.
    const along = (chart.option.yAxis as { type?: string }).type === 'category' ? 'y' : 'x';
    const svg = painter.renderToString({ cssAnimation: false, cssEmphasis: false });
    // Ids of clip paths hold the number of the chart in this process. With its name instead, charts in one page don't clash.
    return {
      svg: `${printable(svg).replaceAll(/\bzr\d+-/g, `${chart.name}-`)}\n`,
      places: at.map((place) => instance.convertToPixel(along === 'x' ? { xAxisIndex: 0 } : { yAxisIndex: 0 }, place)),
      along,
    };
  } finally {
    instance.dispose();
  }
}
