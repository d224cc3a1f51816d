import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { defineStage } from '../src/stage/definition.js';

export default defineStage({
  name: 'authors-logs',
  summary: 'Writes results as the logs of the paper’s authors, for scripts that read those: figs/k1B2/accuracy.txt, …',
  parameters: Type.Object({}, { additionalProperties: false }),
  inputs: { snn: { description: 'Results of snn-infer, one per precision.', list: true, kind: 'snn' } },
  outputs: {
    figs: {
      description:
        'For each precision accuracy.txt, spike_num.txt and sop_num.txt, one line per batch of 200 images, or of 50 crops; ' +
        'of several seeds of the noise those of the first.',
      path: 'figs',
    },
  },
  resources: { cpus: 1 },
  async run(context) {
    const { authorsLogs } = await import('../src/exchange/logs.js');
    const results = context.inputs.snn.map(async ({ path, labels }) => ({
      label: `The result ${Object.values(labels).join(' ')}`.trimEnd(),
      text: await readFile(path, 'utf8'),
    }));
    const { files, warnings } = authorsLogs(await Promise.all(results));
    for (const warning of warnings) context.warn(warning);
    for (const [file, text] of files) {
      const path = join(context.outputs.figs, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    // Told again where this is cached.
    return { files: [...files.keys()], ...(warnings.length === 0 ? {} : { warnings }) };
  },
});
