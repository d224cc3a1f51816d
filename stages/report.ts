import { writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { ExpectedSchema } from '../src/report/content/content.js';
import { type DataSetSummary, dataSetSummary } from '../src/report/content/data-sets.js';
import { readContent } from '../src/report/content/read.js';
import { subjectsOf } from '../src/report/content/subjects.js';
import { reportPage } from '../src/report/page/page.js';
import { resultKinds } from '../src/results/kinds.js';
import { defineStage, type InputArtifact } from '../src/stage/definition.js';

/** Each of them once, also where several points of an axis have the same. */
async function dataSetsOf(inputs: readonly InputArtifact[]): Promise<DataSetSummary[]> {
  const found = new Map<string, DataSetSummary>();
  for (const { path } of inputs) {
    const summary = await dataSetSummary(path);
    const key = `${summary.name} ${summary.scale} ${summary.numbers.digest}`;
    if (!found.has(key)) found.set(key, summary);
  }
  return [...found.values()];
}

export default defineStage({
  name: 'report',
  summary: 'Makes one self-contained HTML page of all results: the paper’s tables beside ours, verdicts and charts',
  parameters: Type.Object(
    {
      title: Type.Optional(Type.String({ description: 'Heading of the page. Default: the name of the pipeline.' })),
      description: Type.Optional(
        Type.String({ description: 'What stands under the heading. Default: the description of the pipeline.' }),
      ),
      expect: Type.Optional(
        Type.Array(ExpectedSchema, {
          description:
            'What the inputs are expected to be. Default: what the pipeline says of them under `expect:`, which is ' +
            'what you want.',
        }),
      ),
      repeat: Type.Optional(
        Type.Array(Type.String(), {
          description: 'Axes of repetition, which are averaged over. Default: those that the pipeline declares.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  fromPipeline: { title: 'name', description: 'description', expect: 'expect', repeat: 'repeat' },
  inputs: {
    ann: { description: 'Results of ann-infer', list: true, optional: true, kind: 'ann' },
    snn: { description: 'Results of snn-infer', list: true, optional: true, kind: 'snn' },
    conversion: { description: 'Reports of snn-convert', list: true, optional: true, kind: 'conversion' },
    history: { description: 'Training histories of train', list: true, optional: true, kind: 'history' },
    data: {
      description: 'Data sets of dataset: their numbers and five images of each class are shown',
      ...{ list: true, optional: true },
      kind: 'dataset',
    },
  },
  needs: [{ anyOf: resultKinds.map((kind) => ({ inputs: [kind] })) }],
  outputs: {
    report: {
      description: 'The page (HTML), which needs no other file and no network.',
      path: 'report.html',
      kind: 'page',
    },
  },
  resources: { cpus: 1 },

  async run(context) {
    const { title = 'Results', description, expect = [], repeat = [] } = context.parameters;
    const files = Object.fromEntries(resultKinds.map((name) => [name, context.inputs[name] ?? []]));
    const content = await readContent(files, {
      ...{ title, expected: expect, repeat, dataSets: await dataSetsOf(context.inputs.data ?? []) },
      ...(description === undefined ? {} : { description }),
    });
    const html = await reportPage(content, (done, total) => {
      context.signal.throwIfAborted();
      context.progress({ done, total, unit: 'sections' });
    });
    await writeFile(context.outputs.report, html);
    context.log(`wrote a page of ${Math.round(html.length / 1024)} KiB`);
    const verdicts = subjectsOf(content).flatMap((subject) => subject.verdicts);
    const count = (...kinds: string[]) => verdicts.filter(({ verdict }) => kinds.includes(verdict)).length;
    return { met: count('met'), notMet: count('OFF', 'missing'), notCompared: count('n/a') };
  },
});
