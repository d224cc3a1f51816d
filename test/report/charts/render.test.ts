import { buildSync } from 'esbuild';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/paths.js';
import { allCharts } from '../../../src/report/charts/charts.js';
import { chartFiles } from '../../../src/report/charts/files.js';
import { pdfOf } from '../../../src/report/charts/pdf.js';
import { picture } from '../../../src/report/charts/style.js';
import { exampleContent } from '../content.js';
import { renderExamples } from './render-in-process.js';

describe('rendering', () => {
  it('gives the same bytes in every process, and whatever was drawn before', async () => {
    const here = await renderExamples();
    // The others are made from it.
    const again = await renderExamples(['svg']);
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
    expect(again).toEqual(here.filter((line) => line.includes('.svg ')));
    expect(again.length).toBe(here.length / 3);
    expect(JSON.parse(stdout)).toEqual(here);
  });

  it('gives an SVG of the size of the chart, and a PNG of twice that', async () => {
    const [chart] = allCharts(exampleContent(), picture);
    const files = await chartFiles(chart!, ['svg', 'png'], { dpi: 192 });
    expect(files.get('svg')).toMatch(new RegExp(`^<svg width="${chart!.width}" height="${chart!.height}"`));
    const png = Buffer.from(files.get('png') as Uint8Array);
    expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * chart!.width, 2 * chart!.height]);
  });
});

it('a PDF has the paths of an SVG, upside down, with curves, clips, dashes and opacity', () => {
  const svg =
    '<svg width="100" height="50" viewBox="0 0 100 50"><defs><clipPath id="c"><path d="M 0 0 L 9 0 Z"/></clipPath></defs>' +
    '<g clip-path="url(#c)" transform="matrix(1 0 0 1 2 3)"><path fill="#ff0000" fill-opacity="0.5" d="M 0 0 Q 3 3 6 0 Z"/></g>' +
    '<path fill="none" stroke="#000000" stroke-width="2" stroke-dasharray="5 4" d="M 1 1 C 1 2 3 4 5 6"/>' +
    '<path fill="none" stroke="none" visibility="hidden" d="M 7 7 L 8 8"/></svg>';
  const pdf = Buffer.from(pdfOf(svg, 25.4)).toString('latin1');
  expect(pdf).toContain('/MediaBox [0 0 72 36]');
  expect(pdf).toContain('0.72 0 0 -0.72 0 36 cm');
  expect(pdf).toContain('1 0 0 1 2 3 cm\n0 0 m\n9 0 l\nh\nW n');
  expect(pdf).toContain('/O0 gs\n1 0 0 rg\n0 0 m\n2 2 4 2 6 0 c\nh\nf');
  expect(pdf).toContain('<< /ca 0.5 /CA 1 >>');
  expect(pdf).toContain('[5 4] 0 d\n1 1 m\n1 2 3 4 5 6 c\nS');
  expect(pdf).not.toContain('7 7 m');
  // The table of objects says where they begin.
  const [, start] = /startxref\n(\d+)/.exec(pdf)!;
  expect(pdf.slice(Number(start), Number(start) + 4)).toBe('xref');
  const [, third] = [...pdf.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
  expect(pdf.slice(third, third! + 7)).toBe('2 0 obj');
});
