import { describe, expect, it } from 'vitest';
import { type Column, distinctCells, renderTable } from '../../src/text/table.js';

const rows = [
  { precision: 'k0B1', accuracy: 0.8125, note: null },
  { precision: 'k1B2|x', accuracy: 0.9, note: 'a "b", c' },
  { precision: 'fp32' },
];
const columns: Column[] = [
  { key: 'precision' },
  {
    key: 'accuracy',
    title: 'accuracy (%)',
    format: (value) => (typeof value === 'number' ? (100 * value).toFixed(2) : '–'),
  },
  { key: 'note' },
];

describe('numbers', () => {
  it('have six digits, or as many as tell them apart', () => {
    const shown = (...values: number[]) => values.map(distinctCells(values));
    expect(shown(0.123456789, 2, 1e-9)).toEqual(['0.123457', '2', '1e-9']);
    expect(shown(0.1234567, 0.1234568)).toEqual(['0.1234567', '0.1234568']);
    expect(shown(0.1, 0.1 + 2 ** -56, 0.1)).toEqual(['0.1', '0.10000000000000002', '0.1']);
  });
});

describe('tables', () => {
  it('are aligned for the terminal, numbers to the right', () => {
    expect(renderTable(rows, columns, 'text')).toBe(
      `${[
        'precision  accuracy (%)  note',
        '─────────  ────────────  ────────',
        'k0B1              81.25',
        'k1B2|x            90.00  a "b", c',
        'fp32                  –',
      ].join('\n')}\n`,
    );
  });

  it('are Markdown with bars escaped', () => {
    expect(renderTable(rows, columns, 'md')).toBe(
      `${[
        '| precision | accuracy (%) | note     |',
        '| --------- | -----------: | -------- |',
        '| k0B1      |        81.25 |          |',
        '| k1B2\\|x   |        90.00 | a "b", c |',
        '| fp32      |            – |          |',
      ].join('\n')}\n`,
    );
  });

  it('are CSV with plain values', () => {
    expect(renderTable(rows, columns, 'csv')).toBe(
      'precision,accuracy (%),note\nk0B1,0.8125,\nk1B2|x,0.9,"a ""b"", c"\nfp32,,\n',
    );
  });

  it('are not broken by what values and titles hold', () => {
    const odd = [{ 'a\n': 'x\ty\r\nz', b: '\x1b[31m\x9b\u202e' }];
    const both: Column[] = [{ key: 'a\n' }, { key: 'b' }];
    expect(renderTable(odd, both, 'text')).toBe('a␊     b\n─────  ───────\nx␉y␊z  ␛[31m\ufffd\ufffd\n');
    expect(renderTable(odd, both, 'csv')).toBe('"a\n",b\n"x\ty\nz",␛[31m\ufffd\ufffd\n');
    const markup = renderTable([{ a: '<b>|`x`', b: '[l](u)' }], [{ key: 'a' }, { key: 'b' }], 'md');
    expect(markup).toContain('| \\<b\\>\\|\\`x\\` | \\[l\\](u) |\n');
  });

  it('are no formulas in CSV; numbers stay numbers', () => {
    const values = [
      '=1+1',
      '+cmd',
      '-x',
      '@sum',
      '\tx',
      '-1.5',
      '+2e-3',
      -1.5,
      '-Infinity',
      '-Infinity!',
      '–',
      "'",
      '=a,"b"',
    ];
    const lines = renderTable(
      values.map((a) => ({ a })),
      [{ key: 'a' }],
      'csv',
    ).split('\n');
    const texts = [
      "'=1+1",
      "'+cmd",
      "'-x",
      "'@sum",
      "'\tx",
      '-1.5',
      '+2e-3',
      '-1.5',
      '-Infinity',
      "'-Infinity!",
      '–',
      "'",
      `"'=a,""b"""`,
    ];
    expect(lines.slice(1, -1)).toEqual(texts);
  });

  it('may have no rows', () => {
    expect(renderTable([], [{ key: 'a' }], 'text')).toBe('a\n─\n');
    expect(renderTable([], [{ key: 'a' }], 'md')).toBe('| a   |\n| --- |\n');
    expect(renderTable([], [{ key: 'a' }], 'csv')).toBe('a\n');
  });
});
