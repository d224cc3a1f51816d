import { createHash } from 'node:crypto';
import { allCharts } from '../../../src/report/charts/charts.js';
import { renderPng, renderSvg } from '../../../src/report/charts/render.js';
import { annResults, history, snnResults } from '../examples.js';

/** SHA-256 of SVG and PNG of every example chart. */
export async function renderExamples(): Promise<string[]> {
  const hashes: string[] = [];
  const inputs = { ann: annResults(), snn: snnResults(), histories: [history('fp32', 1, 5), history('k1B2', 1, 5)] };
  for (const chart of allCharts(inputs)) {
    const svg = await renderSvg(chart);
    for (const content of [svg, await renderPng(svg)])
      hashes.push(`${chart.name} ${createHash('sha256').update(content).digest('hex')}`);
  }
  return hashes;
}
