import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { formatDiagnostics } from '../../../src/pipeline/text/format.js';
import type { StageDefinition } from '../../../src/stage/definition.js';
import { filePath } from '../../../src/stage/file-path.js';
import { testFolder, writeFiles } from '../../store/folder.js';
import { lines, load } from '../load.js';

const stage: StageDefinition = {
  name: 'tables',
  summary: 'Reads tables',
  parameters: Type.Object({
    tables: Type.Array(filePath()),
    notes: Type.Optional(filePath()),
    mirror: Type.Optional(filePath()),
  }),
  inputs: {},
  outputs: {},
  keyless: ['mirror'],
  run: () => Promise.resolve(),
};

describe('paths in parameters', () => {
  it('are looked at where the file says them that has them, all but those that results do without', async () => {
    const folder = testFolder();
    const library = lines(`
      name: library
      params: { year: 2026 }
      stages:
        read:
          uses: tables
          with: { tables: [here.csv, '\${{ params.year }}.csv'] }
    `);
    const text = lines(`
      name: top
      include: { lib: lib/library.yaml }
      axes: { table: [here.csv, there.csv] }
      stages:
        read:
          over: [table]
          uses: tables
          with: { tables: ['\${{ table }}'], notes: lib, mirror: nowhere }
        again: { uses: tables, with: { tables: [lib/here.csv], notes: notes.txt } }
    `);
    writeFiles(folder, { 'top.yaml': text, 'here.csv': '', 'lib/here.csv': '', 'lib/library.yaml': library });
    const file = join(folder, 'top.yaml');
    const { diagnostics } = await load(text, { file, resolveStage: () => Promise.resolve(stage) });
    const shown = formatDiagnostics(diagnostics, (name) => (name === file ? text : library));
    expect(shown.replaceAll(folder, '…')).toBe(
      lines(`
        …/top.yaml:8:22: error[E_FILE]: There is no file "there.csv" (from table, at table=there.csv).
           8 |     with: { tables: ['\${{ table }}'], notes: lib, mirror: nowhere }
             |                      ^^^^^^^^^^^^^^
          …/top.yaml:3:27: table is here
           3 | axes: { table: [here.csv, there.csv] }
             |                           ^^^^^^^^^
          hint: paths are relative to the file that says them: looked for …/there.csv

        …/top.yaml:9:65: error[E_FILE]: There is no file "notes.txt".
           9 |   again: { uses: tables, with: { tables: [lib/here.csv], notes: notes.txt } }
             |                                                                 ^^^^^^^^^
          hint: paths are relative to the file that says them: looked for …/notes.txt

        …/lib/library.yaml:6:32: error[E_FILE]: There is no file "2026.csv" (from params.year).
           6 |     with: { tables: [here.csv, '\${{ params.year }}.csv'] }
             |                                ^^^^^^^^^^^^^^^^^^^^^^^^
          …/lib/library.yaml:2:17: params.year is here
           2 | params: { year: 2026 }
             |                 ^^^^
          hint: paths are relative to the file that says them: looked for …/lib/2026.csv
      `),
    );
  });
});
