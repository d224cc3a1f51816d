import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { fontFamilyOf } from '../src/formats/font-name.js';
import { allCharts } from '../src/report/charts/charts.js';
import { chartCsv } from '../src/report/charts/csv.js';
import { chartFiles, chartFormats } from '../src/report/charts/files.js';
import { type ChartForm, picture, textPixels } from '../src/report/charts/style.js';
import { readContent } from '../src/report/content/read.js';
import { resultsCsv, trainingCsv } from '../src/results/csv.js';
import { defineStage } from '../src/stage/definition.js';

/** Inputs of results. */
const kinds = ['ann', 'snn', 'history'] as const;

export default defineStage({
  name: 'plot',
  summary:
    'Draws accuracy, noise, confusion matrices, spikes, operations, energy, firing rates and training curves, and tabulates them',
  parameters: Type.Object(
    {
      title: Type.Optional(
        Type.Union([Type.String(), Type.Literal(false)], {
          description:
            'Subtitle of the charts; without it, they name the network and the data set. `false`: neither title nor ' +
            'subtitle, for a paper that has captions.',
        }),
      ),
      formats: Type.Array(Type.Union(chartFormats.map((format) => Type.Literal(format))), {
        description: 'File formats of the charts. In PDF letters are outlines: it needs no fonts.',
        default: ['svg', 'png'],
        minItems: 1,
        uniqueItems: true,
      }),
      size: Type.Optional(
        Type.Array(Type.Number({ minimum: 30, maximum: 2000 }), {
          description:
            'Width of the charts in millimetres, such as `[88]` for a column, or width and height. Without it they take ' +
            'the space that they need at 96 pixels an inch.',
          minItems: 1,
          maxItems: 2,
        }),
      ),
      fontSize: Type.Number({
        description: 'Font size at the axes in points, in charts of a given size. Titles are larger.',
        default: 8,
        minimum: 4,
        maximum: 24,
      }),
      dpi: Type.Number({
        description: 'Pixels per inch in PNG files.',
        default: 192,
        minimum: 36,
        maximum: 2400,
      }),
      repeat: Type.Optional(
        Type.Array(Type.String(), {
          description: 'Axes of repetition, which are averaged over. Default: those that the pipeline declares.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  inputs: {
    ann: { description: 'Results of ann-infer', list: true, optional: true, kind: 'ann' },
    snn: { description: 'Results of snn-infer', list: true, optional: true, kind: 'snn' },
    history: { description: 'Training histories of train', list: true, optional: true, kind: 'history' },
    font: {
      description: 'A font (TrueType or OpenType) for all texts; without it they are in DejaVu Sans',
      optional: true,
    },
  },
  outputs: {
    plots: {
      description: 'The charts; in values/ what each shows as CSV; data.csv and training.csv with all results',
      path: 'plots',
      kind: 'pictures',
    },
  },
  needs: [{ anyOf: kinds.map((kind) => ({ inputs: [kind] })) }],
  fromPipeline: { repeat: 'repeat' },
  resources: { cpus: 1 },

  async run({ inputs, outputs, parameters, signal, progress, log }) {
    const { title, formats, size, fontSize, dpi, repeat = [] } = parameters;
    const files = Object.fromEntries(kinds.map((kind) => [kind, inputs[kind] ?? []]));
    const content = await readContent(files, { title: '', expected: [], repeat });
    const font =
      inputs.font === undefined
        ? {}
        : {
            font: {
              family: fontFamilyOf(await readFile(inputs.font.path), 'The input "font"'),
              file: inputs.font.path,
            },
          };
    const print = { dpi, ...font, ...(size === undefined ? {} : { width: size[0]! }) };

    await mkdir(join(outputs.plots, 'values'), { recursive: true });
    const write = (name: string, data: string | Uint8Array) => writeFile(join(outputs.plots, name), data);
    const form = { ...formOf(size, fontSize), titled: title !== false };
    const drawn = allCharts(content, form, title === false ? undefined : title);
    for (const [index, chart] of drawn.entries()) {
      signal.throwIfAborted();
      progress({ done: index, total: drawn.length, unit: 'charts', phase: chart.name });
      for (const [format, data] of await chartFiles(chart, formats, print))
        await write(`${chart.name}.${format}`, data);
      await write(`values/${chart.name}.csv`, chartCsv(chart));
      log(`drew ${chart.name}`);
    }
    if (content.ann.length + content.snn.length > 0) await write('data.csv', resultsCsv(content.ann, content.snn));
    if (content.history.length > 0) await write('training.csv', trainingCsv(content.history));
    return { charts: drawn.map(({ name }) => name) };
  },
});

/** @param size millimetres, of which texts of so many points take their part */
function formOf(size: readonly number[] | undefined, fontSize: number): ChartForm {
  if (size === undefined) return picture;
  const pixels = (length: number) => Math.round(((length / 25.4) * 72 * textPixels) / fontSize);
  const [width, height] = size.map(pixels) as [number, number?];
  return { ...picture, width, ...(height === undefined ? {} : { height }) };
}
