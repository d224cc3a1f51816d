import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junit } from '../../src/cli/ci/junit.js';
import { formatDiagnostics } from '../../src/pipeline/text/format.js';
import { html } from '../../src/report/page/html.js';
import { escaped, markdown } from '../../src/text/markup.js';
import { jsonText, logText, printable, printableLine } from '../../src/text/printable.js';
import { renderTable, type TableFormat } from '../../src/text/table.js';

/** All that must not come out; line feeds and tabs aside. */
const obeyed = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/;
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\x1b[31m',
      '\x1b]0;t\x07',
      '\x9b2J',
      '\r',
      '\r\n',
      '\n',
      '\t',
      '\u202e',
      '\u2066',
      '\x7f',
      '|',
      '=',
      '"',
      '<',
    ),
    fc.string({ maxLength: 1 }),
    fc.integer({ min: 0, max: 0xa0 }).map((code) => String.fromCharCode(code)),
  ),
});

describe('what is shown', () => {
  it('never holds what a terminal obeys, however hostile the text', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const rows = [{ [a]: b, n: -1.5 }];
        const columns = [{ key: a }, { key: 'n' }];
        const cases = [{ group: a, name: b, failure: { message: a, details: b } }];
        const diagnostic = {
          severity: 'error',
          code: 'E',
          message: a,
          hint: b,
          range: { file: b, start: 0, end: 1 },
        } as const;
        const shown = [
          ...[
            printable(a),
            printableLine(a),
            logText(a),
            markdown(a),
            escaped(a),
            junit(a, cases),
            html`<p>${a}</p>`.text,
          ],
          ...(['text', 'md', 'csv'] as TableFormat[]).map((format) => renderTable(rows, columns, format)),
          printable(formatDiagnostics([diagnostic], () => a)),
        ];
        for (const text of shown) expect(text).not.toMatch(obeyed);
        // A row is a line, whatever its cells hold.
        expect(renderTable(rows, columns, 'text').split('\n')).toHaveLength(4);
        expect(renderTable(rows, columns, 'md').split('\n')).toHaveLength(4);
      }),
    );
  });

  it('as JSON is the same value', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = jsonText({ [text]: text });
        expect(json).not.toMatch(obeyed);
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
    );
    expect(jsonText('##[error]')).toBe('"#\\u0023[error]"');
  });

  it('keeps its length, so that marks below stay below, and all that is harmless', () => {
    expect(printable('a\x1bb\x00\x7f\x9b\tß\n')).toBe('a␛b␀␡\ufffd\tß\n');
    expect(printableLine('a\r\nb\tc')).toBe('a␊b␉c');
  });
});

describe('a log', () => {
  it('is shown without sequences; what was written over is a line of its own', () => {
    expect(logText('\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\r\n')).toBe('red link\n');
    expect(logText('10 %\r20 %\rdone\n')).toBe('10 %\n20 %\ndone\n');
    expect(logText('\x1bPq#0\x1b\\sixel \x1b(B\x1b7cut \x1b]0;never ended\n')).toBe('sixel cut ␛]0;never ended\n');
  });

  it('takes no longer for being hostile', () => {
    const text = ['\x1b]', '\x1b[;', '\x1bP', '\r'].map((part) => part.repeat(200_000)).join('');
    expect(logText(text)).not.toMatch(obeyed);
  });
});
