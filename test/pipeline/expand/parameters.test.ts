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

describe('lists in parameters', () => {
  const shapes: StageDefinition = {
    ...stage,
    parameters: Type.Object({
      shape: Type.Array(Type.Integer(), { minItems: 3, maxItems: 3 }),
      name: Type.Optional(Type.Array(Type.String(), { maxItems: 1 })),
    }),
    keyless: [],
  };

  it('may be too long or too short, which is said where the list is', async () => {
    const text = lines(`
      name: shapes
      params: { size: [28, 28, 3, 1] }
      stages:
        a: { uses: shapes, with: { shape: [28, 28], name: [a, b] } }
        b: { uses: shapes, with: { shape: '\${{ params.size }}' } }
        c: { uses: shapes, with: { shape: [28, 28, 1], name: [c] } }
    `);
    const { diagnostics } = await load(text, { resolveStage: () => Promise.resolve(shapes) });
    expect(formatDiagnostics(diagnostics, () => text)).toBe(
      lines(`
        pipeline.yaml:4:37: error[E_VALUE]: "shape" needs at least 3 items.
           4 |   a: { uses: shapes, with: { shape: [28, 28], name: [a, b] } }
             |                                     ^^^^^^^^

        pipeline.yaml:4:53: error[E_VALUE]: "name" may have at most 1 item.
           4 |   a: { uses: shapes, with: { shape: [28, 28], name: [a, b] } }
             |                                                     ^^^^^^

        pipeline.yaml:5:37: error[E_VALUE]: "shape" may have at most 3 items (from params.size).
           5 |   b: { uses: shapes, with: { shape: '\${{ params.size }}' } }
             |                                     ^^^^^^^^^^^^^^^^^^^^
          pipeline.yaml:2:17: params.size is here
           2 | params: { size: [28, 28, 3, 1] }
             |                 ^^^^^^^^^^^^^^
      `),
    );
  });
});
