import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { expect, it } from 'vitest';
import { absentFiles, absentFileWarnings } from '../../../src/pipeline/expand/absent.js';
import { formatDiagnostics } from '../../../src/pipeline/text/format.js';
import type { StageDefinition } from '../../../src/stage/definition.js';
import { filePath } from '../../../src/stage/file-path.js';
import { testFolder, writeFiles } from '../../store/folder.js';
import { lines, load } from '../load.js';

const stage: StageDefinition = {
  name: 'fetch',
  summary: 'Fetches',
  parameters: Type.Object({
    source: Type.Optional(filePath()),
    mirrors: Type.Optional(Type.Array(filePath())),
    title: Type.Optional(Type.String()),
  }),
  inputs: {},
  outputs: {},
  keyless: ['source', 'mirrors', 'title'],
  run: () => Promise.resolve(),
};

it('warns of files that only a cached result can do without, once for a stage and a file', async () => {
  const folder = testFolder();
  const text = lines(`
    name: top
    axes: { from: [here, there] }
    stages:
      all: { over: [from], uses: fetch, with: { source: '\${{ from }}', mirrors: [here, lib/none], title: none } }
      echo: { run: [echo, none] }
  `);
  writeFiles(folder, { 'top.yaml': text, here: '' });
  const file = join(folder, 'top.yaml');
  const { pipeline, diagnostics } = await load(text, { file, resolveStage: () => Promise.resolve(stage) });
  expect(diagnostics).toEqual([]);
  expect(formatDiagnostics(absentFileWarnings(pipeline!), () => text).replaceAll(folder, '…')).toBe(
    lines(`
      …/top.yaml:4:3: warning[W_FILE]: "all" reads "lib/none" (mirrors.1), but there is no such file or folder: it can't run, and only a cached result can be used.
         4 |   all: { over: [from], uses: fetch, with: { source: '\${{ from }}', mirrors: [here, lib/none], title: none } }
           |   ^^^
        hint: looked for …/lib/none

      …/top.yaml:4:3: warning[W_FILE]: "all" reads "there" (source), but there is no such file or folder: it can't run, and only a cached result can be used.
         4 |   all: { over: [from], uses: fetch, with: { source: '\${{ from }}', mirrors: [here, lib/none], title: none } }
           |   ^^^
        hint: looked for …/there
    `),
  );
  expect(pipeline!.tasks.map((task) => absentFiles(task, pipeline!).map(({ path }) => path))).toEqual([
    ['lib/none'],
    ['there', 'lib/none'],
    [],
  ]);
});
