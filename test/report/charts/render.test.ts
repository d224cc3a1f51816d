import { buildSync } from 'esbuild';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/paths.js';
import { allCharts } from '../../../src/report/charts/charts.js';
import { renderPng, renderSvg } from '../../../src/report/charts/render.js';
import { annResults, snnResults } from '../examples.js';
import { renderExamples } from './render-in-process.js';

describe('rendering', () => {
  it('gives the same bytes in every process, and whatever was drawn before', async () => {
    const here = await renderExamples();
    const again = await renderExamples();
    const { outputFiles } = buildSync({
      stdin: {
        contents: `import { renderExamples } from './render-in-process.ts';
          process.stdout.write(JSON.stringify(await renderExamples()));`,
        resolveDir: import.meta.dirname,
      },
      ...{ bundle: true, write: false, format: 'esm', platform: 'node', packages: 'external' },
    });
    const { stdout } = await execa(process.execPath, ['--input-type=module'], {
      cwd: packageRoot,
      env: { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' },
      input: outputFiles[0]!.text,
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
