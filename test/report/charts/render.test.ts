import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { allCharts } from '../../../src/report/charts/charts.js';
import { renderPng, renderSvg } from '../../../src/report/charts/render.js';
import { annResults, snnResults } from '../examples.js';
import { renderExamples } from './render-in-process.js';

describe('rendering', () => {
  it('gives the same bytes in every process, and whatever was drawn before', async () => {
    const here = await renderExamples();
    const again = await renderExamples();
    const program = `
      import { createJiti } from 'jiti';
      const { renderExamples } = await createJiti(import.meta.url).import(process.argv[1]);
      process.stdout.write(JSON.stringify(await renderExamples()));`;
    const file = fileURLToPath(new URL('render-in-process.ts', import.meta.url));
    const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', program, file], {
      env: { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' },
    });
    expect(again).toEqual(here);
    expect(JSON.parse(stdout)).toEqual(here);
  });

  it('gives an SVG of the size of the chart, and a PNG of twice that', async () => {
    const [chart] = allCharts({ ann: annResults(), snn: snnResults(), histories: [] });
    const svg = await renderSvg(chart!);
    expect(svg).toMatch(new RegExp(`^<svg width="${chart!.width}" height="${chart!.height}"`));
    const png = Buffer.from(await renderPng(svg));
    expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * chart!.width, 2 * chart!.height]);
  });
});
