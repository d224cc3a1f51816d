import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputArtifact, StageContext } from '../../src/stage/definition.js';
import report from '../../stages/report.js';
import { exampleContent, exampleExpected } from './content.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikeline-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

function run(inputs: StageContext['inputs'], parameters: Parameters<typeof report.run>[0]['parameters']) {
  return report.run({
    ...{ parameters, inputs, outputs: { report: join(folder, 'report.html') }, threads: 1, pipelineFolder: folder },
    signal: new AbortController().signal,
    resume: { load: async () => undefined, save: async () => undefined },
    progress: () => undefined,
    log: () => undefined,
    warn: () => undefined,
  });
}

describe('the stage report', () => {
  it('writes the page and says how many expectations are met', async () => {
    const files = (name: 'ann' | 'snn' | 'conversion') =>
      Promise.all(
        exampleContent()[name].map(async ({ result, labels }, i): Promise<InputArtifact> => {
          const path = join(folder, `${name}${i}.json`);
          await writeFile(path, JSON.stringify(result));
          return { path, axes: labels, labels };
        }),
      );
    const inputs = { ann: await files('ann'), snn: await files('snn'), conversion: await files('conversion') };
    const expect_ = exampleExpected.filter(({ input }) => input !== 'history');
    const metrics = await run(inputs, { title: 'Mine & theirs', expect: expect_ });
    expect(metrics).toEqual({ met: 4, notMet: 2, notCompared: 0 });
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('<h1>Mine &amp; theirs</h1>');
    expect(page).toContain('conversion, precision k1B2');
  });
});
