import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { fittedTable } from '../../src/text/fitted-table.js';
import { renderTable } from '../../src/text/table.js';

const rows = [
  { name: 'epochs', default: 10, meaning: 'Epochs of this training, on top of a checkpoint’s.' },
  { name: 'k', meaning: 'Precision.' },
];
const columns = [{ key: 'name' }, { key: 'default' }, { key: 'meaning' }];

describe('tables on a terminal', () => {
  it('are as they are where they fit, and where there is no terminal', () => {
    const whole = renderTable(rows, columns, 'text');
    expect(fittedTable(rows, columns, undefined)).toBe(whole);
    expect(fittedTable(rows, columns, 67)).toBe(whole);
    expect(fittedTable(rows, columns, 66)).not.toBe(whole);
  });

  it('wrap texts between words', () => {
    expect(fittedTable(rows, columns, 40)).toBe(
      `${[
        'name    default  meaning',
        '──────  ───────  ───────────────────────',
        'epochs       10  Epochs of this',
        '                 training, on top of a',
        '                 checkpoint’s.',
        'k                Precision.',
      ].join('\n')}\n`,
    );
  });

  it('repeat only the first of what says what a row is, where all of it leaves no room', () => {
    const labels = ['run', 'precision', 'resumeEpochs', 'profile'];
    const named = [...labels.map((key) => ({ key, label: true })), { key: 'accuracy', label: false }];
    expect(
      fittedTable([{ run: 1, precision: 'k1B2', resumeEpochs: '3', profile: 'smoke', accuracy: 0.5 }], named, 28),
    ).toBe(
      `${[
        'run  precision  resumeEpochs',
        '───  ─────────  ────────────',
        '  1  k1B2       3',
        '',
        'run  precision  profile',
        '───  ─────────  ───────',
        '  1  k1B2       smoke',
        '',
        'run  precision  accuracy',
        '───  ─────────  ────────',
        '  1  k1B2            0.5',
      ].join('\n')}\n`,
    );
  });

  it('go on below where columns have no room side by side, with what says what a row is', () => {
    const wide = [
      { at: 'k1B2', first: 123456, second: 234567, third: 345678 },
      { at: 'k0B1', first: 1, second: 2, third: 3 },
    ];
    const keys = ['at', 'first', 'second', 'third'];
    const plain = keys.map((key) => ({ key }));
    const parts = [
      ['at     first', '────  ──────', 'k1B2  123456', 'k0B1       1'],
      ['at    second', '────  ──────', 'k1B2  234567', 'k0B1       2'],
      ['at     third', '────  ──────', 'k1B2  345678', 'k0B1       3'],
    ];
    expect(fittedTable(wide, plain, 14)).toBe(parts.map((lines) => `${lines.join('\n')}\n`).join('\n'));
    const unlabelled = keys.map((key) => ({ key, label: false }));
    const [, ...others] = fittedTable(wide, unlabelled, 14).split('\n\n');
    expect(others).toEqual(['second   third\n──────  ──────\n234567  345678\n     2       3\n']);
  });

  it('count what a terminal shows: wide letters twice, colours not at all', () => {
    const shown = fittedTable(
      [{ a: '漢字漢字', b: 'x y' }],
      [{ key: 'a' }, { key: 'b', format: (cell) => `\x1b[32m${cell}\x1b[39m` }],
      11,
    );
    expect(shown.split('\n')[2]).toBe('漢字漢字  \x1b[32mx\x1b[39m');
  });

  it('have no line that is too long, and lose no word', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
    const table = fc.array(fc.record({ a: text, b: text, c: text }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(table, fc.integer({ min: 40, max: 120 }), (cells, width) => {
        const shown = fittedTable(cells, [{ key: 'a' }, { key: 'b' }, { key: 'c' }], width);
        for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        const words = shown
          .split(/[\s─]+/)
          .sort()
          .filter(Boolean);
        const given = ['a', 'b', 'c', ...cells.flatMap(({ a, b, c }) => [a, b, c].flatMap((cell) => cell.split(' ')))];
        expect(words).toEqual(given.sort());
      }),
    );
  });
});
