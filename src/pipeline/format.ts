import type { Diagnostic, SourceRange } from './diagnostic.js';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak };
}

/** Texts of source files by name. */
export type TextOf = (file: string) => string | undefined;

/**
 * Diagnostics for people:
 *
 *     file.yaml:12:7: error[E_UNKNOWN_KEY]: Unknown key "epoch".
 *       12 |       epoch: 3
 *          |       ^^^^^
 *       hint: did you mean "epochs"?
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], textOf: TextOf): string {
  return diagnostics.map((diagnostic) => formatOne(diagnostic, textOf)).join('\n');
}

function formatOne({ severity, code, message, range, hint, related }: Diagnostic, textOf: TextOf): string {
  const lines = [`${place(range, textOf)}${severity}[${code}]: ${message}`];
  if (range) lines.push(...excerpt(range, textOf));
  for (const { message: note, range: other } of related ?? []) {
    lines.push(`  ${place(other, textOf)}${note}`, ...excerpt(other, textOf));
  }
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return `${lines.join('\n')}\n`;
}

function place(range: SourceRange | undefined, textOf: TextOf): string {
  if (range === undefined) return '';
  const text = textOf(range.file);
  if (text === undefined) return `${range.file}: `;
  const { line, column } = positionOf(text, range.start);
  return `${range.file}:${line}:${column}: `;
}

/** The line with a caret under the range; a range over several lines is marked to the end of its first. */
function excerpt(range: SourceRange, textOf: TextOf): string[] {
  const text = textOf(range.file);
  if (text === undefined) return [];
  const { line, column } = positionOf(text, range.start);
  const content = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');
  const length = Math.max(1, Math.min(range.end - range.start, content.length - column + 1));
  const number = String(line).padStart(4);
  const indent = content.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return [`${number} | ${content}`, `     | ${indent}${'^'.repeat(length)}`];
}

/** Diagnostics for editors and scripts. */
export function diagnosticsToJson(diagnostics: readonly Diagnostic[], textOf: TextOf): unknown[] {
  const locate = (range: SourceRange) => {
    const text = textOf(range.file) ?? '';
    const start = positionOf(text, range.start);
    const end = positionOf(text, range.end);
    return { file: range.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  };
  return diagnostics.map(({ severity, code, message, range, hint, related }) => ({
    ...(range ? locate(range) : {}),
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(related ? { related: related.map((item) => ({ ...locate(item.range), message: item.message })) } : {}),
  }));
}
