import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/pipeline/text/diagnostic.js';
import { formatDiagnostics, placedDiagnostics } from '../../../src/pipeline/text/format.js';
import { lines } from '../load.js';

const at = (text: string, part: string): Diagnostic => {
  const start = text.indexOf(part);
  return { severity: 'error', code: 'E_X', message: 'Wrong.', range: { file: 'f', start, end: start + part.length } };
};
const format = (text: string, part: string) => formatDiagnostics([at(text, part)], () => text);

describe('a diagnostic', () => {
  it('marks its place under tabs, and without the carriage return', () => {
    expect(format('a\r\n\tbad\r\n', 'bad')).toBe('f:2:2: error[E_X]: Wrong.\n   2 | \tbad\n     | \t^^^\n');
  });

  it('marks the first of several lines, and the end of a file', () => {
    expect(format('a\nbad\nworse\n', 'bad\nworse')).toBe('f:2:1: error[E_X]: Wrong.\n   2 | bad\n     | ^^^\n');
    const end = { ...at('a\n', 'a'), range: { file: 'f', start: 2, end: 2 } };
    expect(formatDiagnostics([end], () => 'a\n')).toBe('f:2:1: error[E_X]: Wrong.\n   2 | \n     | ^\n');
  });

  it('shows the part of a long line that matters', () => {
    const text = `${'x'.repeat(1000)}bad${'y'.repeat(1000)}`;
    expect(format(text, 'bad')).toBe(
      lines(`
        f:1:1001: error[E_X]: Wrong.
           1 | …${'x'.repeat(60)}bad${'y'.repeat(177)}…
             | ${' '.repeat(61)}^^^
      `),
    );
  });

  it('is shown without its line where the text is not known, and without a place where it has none', () => {
    const { range: _, ...call } = at('bad', 'bad');
    expect(formatDiagnostics([at('bad', 'bad'), { ...call, hint: 'try another' }], () => undefined)).toBe(
      'f: error[E_X]: Wrong.\n\nerror[E_X]: Wrong.\n  hint: try another\n',
    );
  });

  it('has a form for editors', () => {
    const text = 'a\nfirst: bad\n';
    const diagnostic: Diagnostic = {
      ...at(text, 'bad'),
      hint: 'mend it',
      related: [{ message: 'here', range: at(text, 'first').range! }],
    };
    expect(placedDiagnostics([diagnostic, { severity: 'error', code: 'E_SET', message: 'No.' }], () => text)).toEqual([
      {
        file: 'f',
        line: 2,
        column: 8,
        endLine: 2,
        endColumn: 11,
        severity: 'error',
        code: 'E_X',
        message: 'Wrong.',
        hint: 'mend it',
        related: [{ file: 'f', line: 2, column: 1, endLine: 2, endColumn: 6, message: 'here' }],
      },
      { severity: 'error', code: 'E_SET', message: 'No.' },
    ]);
  });
});
