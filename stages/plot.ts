import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { UserError } from '../src/error.js';
import { allCharts } from '../src/report/charts/charts.js';
import { renderPng, renderSvg } from '../src/report/charts/render.js';
import { historyLabel } from '../src/report/content/read.js';
import { parseAnnResult } from '../src/results/ann-result.js';
import { parseHistory } from '../src/results/history.js';
import { parseSnnResult } from '../src/results/snn-result.js';
import { resultsCsv, trainingCsv } from '../src/results/tables.js';
import { defineStage, type InputArtifact, type StageContext } from '../src/stage/definition.js';

export default defineStage({
  name: 'plot',
  summary: 'Draws accuracy, noise, spikes, operations, energy, firing rates and training curves, and tabulates them',
  parameters: Type.Object({
    title: Type.Optional(
      Type.String({ description: 'Subtitle of the charts. Without it, they name the network and the data set.' }),
    ),
    formats: Type.Array(Type.Union([Type.Literal('svg'), Type.Literal('png')]), {
      description: 'File formats of the charts.',
      default: ['svg', 'png'],
      minItems: 1,
      uniqueItems: true,
    }),
  }),
  inputs: {
    ann: { description: 'Results of ann-infer', list: true, optional: true },
    snn: { description: 'Results of snn-infer', list: true, optional: true },
    history: { description: 'Histories of train', list: true, optional: true },
  },
  outputs: {
    plots: {
      description: 'The charts, and data.csv and training.csv with what they show',
      path: 'plots',
      kind: 'pictures',
    },
  },
  resources: { cpus: 1 },

  async run(context) {
    const ann = await readAll(context, 'ann', (text, item) => parseAnnResult(text, item.path));
    const snn = await readAll(context, 'snn', (text, item) => parseSnnResult(text, item.path));
    const histories = await readAll(context, 'history', (text, item) =>
      parseHistory(text, historyLabel(item.labels), item.path),
    );
    if (ann.length + snn.length + histories.length === 0)
      throw new UserError(
        'E_PLOT_INPUT',
        'There is nothing to plot.',
        'Give the stage at least one of the inputs "ann", "snn" and "history".',
      );

    const folder = context.outputs.plots;
    await mkdir(folder, { recursive: true });
    const drawn = allCharts({ ann, snn, histories }, context.parameters.title);
    for (const [index, chart] of drawn.entries()) {
      context.signal.throwIfAborted();
      context.progress({ done: index, total: drawn.length, unit: 'charts', phase: chart.name });
      const svg = await renderSvg(chart);
      if (context.parameters.formats.includes('svg')) await writeFile(join(folder, `${chart.name}.svg`), svg);
      if (context.parameters.formats.includes('png'))
        await writeFile(join(folder, `${chart.name}.png`), await renderPng(svg));
      context.log(`drew ${chart.name}`);
    }
    if (ann.length + snn.length > 0) await writeFile(join(folder, 'data.csv'), resultsCsv(ann, snn));
    if (histories.length > 0) await writeFile(join(folder, 'training.csv'), trainingCsv(histories));
    return { charts: drawn.map(({ name }) => name) };
  },
});

/** Reads every item of a list input. */
async function readAll<T>(
  context: StageContext,
  name: string,
  parse: (text: string, item: InputArtifact) => T,
): Promise<T[]> {
  const input = context.inputs[name] ?? [];
  const items = Array.isArray(input) ? (input as readonly InputArtifact[]) : [input as InputArtifact];
  return Promise.all(items.map(async (item) => parse(await readFile(item.path, 'utf8'), item)));
}
