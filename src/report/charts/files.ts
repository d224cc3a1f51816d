// Charts as files: SVG as it is drawn, PNG and PDF made from it.
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { buildFolder } from '../../paths.js';
import { escaped } from '../../text/markup.js';
import { fontFamily } from '../look.js';
import { pdfOf } from './pdf.js';
import { renderSvg } from './render.js';
import type { Chart } from './style.js';

export const chartFormats = ['svg', 'png', 'pdf'] as const;
export type ChartFormat = (typeof chartFormats)[number];

/** How charts come to paper. */
export interface Print {
  /** Pixels of an inch in PNG. */
  readonly dpi: number;
  /** Millimetres that charts are wide; without it their pixels are those of a screen, 96 an inch. */
  readonly width?: number;
  /** A font for all texts, in place of the one that comes with the program. */
  readonly font?: { readonly family: string; readonly file: string };
}

const millimetres = { inch: 25.4, pixel: 25.4 / 96 } as const;

/** The files of a chart, by format. The same chart gives the same bytes, on any machine. */
export async function chartFiles(
  chart: Chart,
  formats: readonly ChartFormat[],
  print: Print,
): Promise<ReadonlyMap<ChartFormat, string | Uint8Array>> {
  const svg = lettered(await renderSvg(chart), print);
  const width = print.width ?? chart.width * millimetres.pixel;
  const files = new Map<ChartFormat, string | Uint8Array>();
  for (const format of formats)
    switch (format) {
      case 'svg':
        files.set(format, print.width === undefined ? svg : sized(svg, chart, print.width));
        break;
      case 'png':
        files.set(format, await renderPng(svg, print, ((width / millimetres.inch) * print.dpi) / chart.width));
        break;
      default:
        files.set(format, pdfOf((await plainSvg(svg, print)).toString(), width));
    }
  return files;
}

function lettered(svg: string, { font }: Print): string {
  return font === undefined ? svg : svg.replaceAll(fontFamily, escaped(`'${font.family.replaceAll("'", '')}'`));
}

/** The same picture, so many millimetres wide on paper. */
function sized(svg: string, { width, height }: Chart, printed: number): string {
  const shown = (pixels: number) => `${Number(((pixels * printed) / width).toFixed(3))}mm`;
  return svg.replace(`width="${width}" height="${height}"`, `width="${shown(width)}" height="${shown(height)}"`);
}

/** An SVG made plain: with the fonts that come with the program or are given, and none of the system. */
async function plainSvg(svg: string, { font }: Print, zoom = 1) {
  const { Resvg } = await import('@resvg/resvg-js');
  const files = font === undefined ? ownFonts() : [font.file, ...ownFonts()];
  return new Resvg(svg, {
    fitTo: { mode: 'zoom', value: zoom },
    font: { fontFiles: files, loadSystemFonts: false, defaultFontFamily: font?.family ?? 'DejaVu Sans' },
  });
}

/** An SVG as PNG, so many pixels for one of its own. */
export async function renderPng(svg: string, print: Print, zoom: number): Promise<Uint8Array> {
  return withDensity((await plainSvg(svg, print, zoom)).render().asPng(), print.dpi);
}

/** A PNG that says how large it is on paper: its chunk pHYs, behind the first one. */
function withDensity(png: Buffer, dpi: number): Uint8Array {
  const end = 8 + 12 + png.readUInt32BE(8);
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  const perMetre = Math.round((dpi * 1000) / millimetres.inch);
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]);
}

function ownFonts(): string[] {
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(buildFolder, 'fonts', file));
}
