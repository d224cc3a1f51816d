import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { defineStage, type StageDefinition } from '../../src/stage/definition.js';
import { stageTables } from '../../src/stage/tables.js';

const count = {
  name: 'count',
  summary: 'Counts',
  inputs: {},
  outputs: { n: { description: 'A number.', path: 'n.json' } },
  run: () => Promise.resolve(),
};

describe('what is told of a stage', () => {
  it('is all that it declares', () => {
    const stage = defineStage({
      ...count,
      parameters: Type.Object({
        least: Type.Integer({ default: 1, description: 'Fewest.' }),
        of: Type.Array(Type.Union([Type.Literal('a'), Type.Literal(2)])),
        note: Type.Optional(Type.Object({})),
      }),
      inputs: {
        all: { description: 'Many.', list: true, optional: true, kind: 'ann' },
        one: { description: 'One.' },
      },
      outputs: { ...count.outputs, page: { description: 'A page.', path: 'page.html', kind: 'page' } },
      columns: [
        { title: 'n', metric: 'n' },
        { title: 'more', metric: 'n', minus: 'ANN', format: 'percent' },
      ],
    });
    expect(stageTables(stage as unknown as StageDefinition)).toEqual([
      [
        { parameter: 'least', type: 'integer', default: '1', meaning: 'Fewest.' },
        { parameter: 'of', type: 'list of a or 2', default: 'required', meaning: '' },
        { parameter: 'note', type: 'map', default: '–', meaning: '' },
      ],
      [
        { input: 'all', is: 'optional, list', kind: 'ann', meaning: 'Many.' },
        { input: 'one', is: 'required', kind: '–', meaning: 'One.' },
      ],
      [
        { output: 'n (default)', path: 'n.json', kind: '–', meaning: 'A number.' },
        { output: 'page', path: 'page.html', kind: 'page', meaning: 'A page.' },
      ],
      [
        { column: 'n', shows: 'n', format: 'plain' },
        { column: 'more', shows: 'n − ANN', format: 'percent' },
      ],
    ]);
  });

  it('has no tables without rows, and no kinds where nothing has one', () => {
    expect(stageTables({ ...count, parameters: Type.Object({}) })).toEqual([
      [{ output: 'n (default)', path: 'n.json', meaning: 'A number.' }],
    ]);
  });
});
