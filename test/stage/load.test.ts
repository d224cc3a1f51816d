import { realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { StageDefinition } from '../../src/stage/definition.js';
import { describeStage } from '../../src/stage/describe.js';
import { stageFingerprint } from '../../src/stage/fingerprint.js';
import { findBuiltInStage, findUserStage, loadUserStage } from '../../src/stage/load.js';
import { builtInStageNames, builtInStages, stageFile } from '../../src/stage/registry.js';
import { runnableCode } from '../../src/stage/runnable.js';
import { testFolder, writeFiles } from '../store/folder.js';

const good = `import { defineStage, UserError, Type } from 'spikeline';
import { factor } from './lib/factor';

export default defineStage({
  name: 'scale',
  summary: 'Scales',
  parameters: Type.Object({ by: Type.Number({ default: 2 }) }),
  inputs: {},
  outputs: { result: { description: 'The product', path: 'result.txt' } },
  async run(context): Promise<{ product: number }> {
    if (context.parameters.by === 0) throw new UserError('E_ZERO', 'by must not be 0.');
    return { product: context.parameters.by * factor };
  },
});
`;

/** What a task's process does; the code lies elsewhere. */
async function load(uses: string, folder: string) {
  const file = stageFile(uses, folder);
  const elsewhere = writeFiles(testFolder(), { 'stage.mjs': await runnableCode(file) });
  return loadUserStage(pathToFileURL(join(elsewhere, 'stage.mjs')).href, uses, file);
}
const loadText = (text: string) => load('./stage.ts', writeFiles(testFolder(), { 'stage.ts': text }));

describe('a stage', () => {
  it('knows every built-in stage by the name of its file', async () => {
    const stages = await builtInStages();
    expect(stages.map((stage) => stage.name)).toEqual(builtInStageNames());
    expect(builtInStageNames()).toContain('train');
    expect(await findBuiltInStage('train', '/')).toBe(stages.find((stage) => stage.name === 'train'));
  });

  it('loads a TypeScript file anywhere, with what it imports', async () => {
    const folder = writeFiles(testFolder(), {
      'stages/scale.ts': good,
      'stages/lib/factor.ts': 'export const factor: number = 21;',
    });
    const stage = (await load('./stages/scale.ts', folder)) as StageDefinition;
    expect(stage).toMatchObject({ name: 'scale', outputs: { result: { path: 'result.txt' } } });
    expect(await stage.run({ parameters: { by: 2 } } as never)).toEqual({ product: 42 });
    await expect(stage.run({ parameters: { by: 0 } } as never)).rejects.toMatchObject({
      name: 'UserError',
      code: 'E_ZERO',
    });
  });

  it.skipIf(process.platform === 'win32')('loads a link to a file, with what lies beside that', async () => {
    const folder = writeFiles(testFolder(), {
      'shared/scale.ts': good,
      'shared/lib/factor.ts': 'export const factor = 21;',
      'kept/0f3a': good.replace("'./lib/factor'", "'../shared/lib/factor'"),
      'app/.keep': '',
    });
    symlinkSync('../shared/scale.ts', join(folder, 'app/s.ts'));
    symlinkSync('../kept/0f3a', join(folder, 'app/kept.ts'));
    symlinkSync('app', join(folder, 'same'));
    const app = join(folder, 'app');
    expect(stageFile('./s.ts', app)).toBe(join(realpathSync(folder), 'shared/scale.ts'));
    // Without a name that tells what it is, its own counts; and so does that of the pipeline's folder.
    expect(stageFile('./kept.ts', app)).toBe(join(app, 'kept.ts'));
    writeFiles(folder, { 'app/plain.ts': good });
    expect(stageFile('./plain.ts', join(folder, 'same'))).toBe(join(folder, 'same/plain.ts'));
    expect(await load('./s.ts', app)).toMatchObject({ name: 'scale' });
    expect(Object.keys((await stageFingerprint('./s.ts', app)).files)).toEqual([
      'lib/factor.ts',
      'scale.ts',
      'spikeline',
    ]);
    expect(await describeStage('./s.ts', app)).toMatchObject({ name: 'scale' });
  });

  it.each(['js', 'mjs'])('loads a .%s file', async (extension) => {
    const text = good.replace(': Promise<{ product: number }>', '').replace("'./lib/factor'", "'./lib/factor.js'");
    const folder = writeFiles(testFolder(), { [`s.${extension}`]: text, 'lib/factor.js': 'export const factor = 3;' });
    expect(await load(`./s.${extension}`, folder)).toMatchObject({ name: 'scale' });
  });

  it('explains names that are none', async () => {
    const all = `Built-in stages: ${builtInStageNames().join(', ')}. A file of your own begins with "./".`;
    const folder = writeFiles(testFolder(), { 'mine.ts': good });
    expect(await findBuiltInStage('trian', folder)).toEqual({
      error: 'There is no stage "trian".',
      hint: 'did you mean "train"?',
    });
    expect(await findBuiltInStage('compose', folder)).toEqual({ error: 'There is no stage "compose".', hint: all });
    expect(findUserStage('../train', folder)).toMatchObject({
      error: '../train is not a TypeScript or JavaScript file.',
    });
    expect(await findBuiltInStage('mine.ts', folder)).toEqual({
      error: 'There is no stage "mine.ts".',
      hint: 'For the file of that name, write "./mine.ts".',
    });
    expect(findUserStage('./no.ts', folder)).toEqual({ error: 'The file ./no.ts does not exist.' });
    expect(findUserStage('./mine.py', folder)).toEqual({
      error: './mine.py is not a TypeScript or JavaScript file.',
      hint: 'Its name must end in .ts, .mts, .js or .mjs.',
    });
  });

  it('names a package that is not there', async () => {
    expect(await loadText("import x from 'no-such-package-at-all';\nexport default x;")).toMatchObject({
      error: expect.stringContaining("Cannot find module 'no-such-package-at-all'") as unknown,
    });
  });

  it('shows the place where a file fails as it is loaded', async () => {
    expect(await loadText('const a: { b?: { c: number } } = {};\n\nexport default a.b!.c;')).toEqual({
      error: "./stage.ts:3: Cannot read properties of undefined (reading 'c')",
    });
  });

  it('lists what is missing in a definition', async () => {
    expect(await loadText('export const stage = 1;')).toEqual({
      error: './stage.ts has no default export.',
      hint: 'End it with "export default defineStage({ … })".',
    });
    expect(await loadText('export default 7;')).toEqual({
      error: 'The default export of ./stage.ts is not a stage: is not an object made by defineStage({ … }).',
    });
    expect(await loadText("export default { name: 'x' };")).toEqual({
      error:
        'The default export of ./stage.ts is not a stage: summary must be a string; run must be a function; ' +
        'parameters must be Type.Object({ … }); inputs must be an object, { } if there are none; ' +
        'outputs must be an object, { } if there are none.',
    });
  });

  it.each([
    ["{ a: { description: 'A' } }", "outputs.a.path must be a file or folder name inside the task's folder"],
    ["{ a: { path: 'a' } }", 'outputs.a must have a description'],
    [
      "{ a: { description: 'A', path: '../a' } }",
      "outputs.a.path must be a file or folder name inside the task's folder",
    ],
    [
      "{ a: { description: 'A', path: '/a' } }",
      "outputs.a.path must be a file or folder name inside the task's folder",
    ],
    [
      "{ a: { description: 'A', path: 'x' }, b: { description: 'B', path: 'x' } }",
      'outputs.b and outputs.a have the same path',
    ],
    [
      "{ a: { description: 'A', path: 'x' }, b: { description: 'B', path: 'x/y' } }",
      'outputs.b and outputs.a lie in one another',
    ],
    [
      "{ a: { description: 'A', path: 'a', kind: 'movie' } }",
      'outputs.a.kind must be one of page, pictures, ann, snn, conversion, history, dataset, checkpoint, spiking-network',
    ],
    [
      "{ a: { description: 'A', path: 'a', kind: 'page' }, b: { description: 'B', path: 'b', kind: 'page' } }",
      'outputs must have at most one page',
    ],
  ])('refuses the outputs %s', async (outputs, problem) => {
    const text = good.replace(/outputs: .*/, `outputs: ${outputs},`).replace("'./lib/factor'", "'node:os'");
    expect(await loadText(text.replace('import { factor }', 'import * as factor'))).toEqual({
      error: `The default export of ./stage.ts is not a stage: ${problem}.`,
    });
  });

  it.each([
    '{}',
    "[{ title: 'a' }]",
    "[{ title: 'a', metric: 'b', format: 'bold' }]",
    "[{ title: 'a', metric: 'b', minus: 1 }]",
  ])('refuses the columns %s', async (columns) => {
    const text = good.replace(/outputs: /, `columns: ${columns}, outputs: `).replace("'./lib/factor'", "'node:os'");
    expect(await loadText(text.replace('import { factor }', 'import * as factor'))).toEqual({
      error:
        'The default export of ./stage.ts is not a stage: columns must be a list of { title, metric, format, minus }, ' +
        'format one of plain, whole, percent.',
    });
  });
});
