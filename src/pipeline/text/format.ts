import type { Diagnostic, SourceRange } from './diagnostic.js';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** Offsets at which lines begin. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that begins at or before the offset, by halving. */
function locate(starts: readonly number[], offset: number): Position {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}

/** Texts of source files by name. */
export type TextOf = (file: string) => string | undefined;

/** So many are shown: whoever has more has made the same mistake again and again. */
const mostShown = 100;

/** The mistakes or warnings of a file that are shown, and what is said of the others. */
export function shownOf<T>(all: readonly T[]): { readonly shown: readonly T[]; readonly more?: string } {
  const more = all.length - mostShown;
  if (more <= 0) return { shown: all };
  return { shown: all.slice(0, mostShown), more: `… and ${more} more: validate --json lists them` };
}

/**
 * Diagnostics for people, as many as one reads:
 *
 *     file.yaml:12:7: error[E_UNKNOWN_KEY]: Unknown key "epoch".
 *       12 |       epoch: 3
 *          |       ^^^^^
 *       hint: did you mean "epochs"?
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], textOf: TextOf): string {
  const sources = new Sources(textOf);
  const { shown, more } = shownOf(diagnostics);
  const texts = shown.map((diagnostic) => formatOne(diagnostic, sources));
  return [...texts, ...(more === undefined ? [] : [`${more}\n`])].join('\n');
}

/** Source files by name, with their lines looked for once. */
class Sources {
  readonly #files = new Map<string, { readonly text: string; readonly starts: readonly number[] } | undefined>();
  constructor(readonly textOf: TextOf) {}

  /** `file:line:column`, or the file alone where its text is not known. */
  place({ file, start }: SourceRange): string {
    const found = this.#open(file);
    if (found === undefined) return file;
    const { line, column } = locate(found.starts, start);
    return `${file}:${line}:${column}`;
  }

  linePlace({ file, start, end }: SourceRange): LinePlace {
    const starts = this.#open(file)?.starts ?? [0];
    const last = locate(starts, end);
    return { file, ...locate(starts, start), endLine: last.line, endColumn: last.column };
  }

  /** The line with a caret under the range; a range over several lines is marked to the end of its first. */
  excerpt({ file, start, end }: SourceRange): string[] {
    const found = this.#open(file);
    if (found === undefined) return [];
    const { text, starts } = found;
    const { line, column } = locate(starts, start);
    const content = text.slice(starts[line - 1], (starts[line] ?? text.length + 1) - 1).replace(/\r$/, '');
    // Of a long line, what is around the range.
    const from = content.length > 2 * widest && column > widest ? column - widest / 2 : 1;
    const shown = `${from > 1 ? '…' : ''}${content.slice(from - 1, from - 1 + 2 * widest)}${
      content.length > from - 1 + 2 * widest ? '…' : ''
    }`;
    const at = column - from + (from > 1 ? 1 : 0);
    const length = Math.max(1, Math.min(end - start, shown.length - at));
    const indent = shown.slice(0, at).replace(/[^\t]/g, ' ');
    return [`${String(line).padStart(4)} | ${shown}`, `     | ${indent}${'^'.repeat(length)}`];
  }

  #open(file: string) {
    if (!this.#files.has(file)) {
      const text = this.textOf(file);
      this.#files.set(file, text === undefined ? undefined : { text, starts: lineStarts(text) });
    }
    return this.#files.get(file);
  }
}

/** Half the characters of a line that are shown. */
const widest = 120;

function formatOne({ severity, code, message, range, hint, related = [] }: Diagnostic, sources: Sources): string {
  const lines = [`${range ? `${sources.place(range)}: ` : ''}${severity}[${code}]: ${message}`];
  if (range) lines.push(...sources.excerpt(range));
  for (const { message: note, range: other } of related)
    lines.push(`  ${sources.place(other)}: ${note}`, ...sources.excerpt(other));
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** A range as editors count: lines and columns from 1, the end exclusive. */
export interface LinePlace extends Position {
  readonly file: string;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where a range is in its file. */
export function placeOf(range: SourceRange, textOf: TextOf): LinePlace {
  return new Sources(textOf).linePlace(range);
}

/** A mistake as editors and scripts take it: plain data, with its place, if it has one, as `LinePlace` counts. */
export interface PlacedDiagnostic extends Partial<LinePlace> {
  readonly severity: 'error' | 'warning';
  /** Stable, such as `E_UNKNOWN_KEY`. */
  readonly code: string;
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
  /** Further places, such as the first use of a name that is there twice. */
  readonly related?: readonly (LinePlace & { readonly message: string })[];
}

/** Diagnostics with their places. */
export function placedDiagnostics(diagnostics: readonly Diagnostic[], textOf: TextOf): readonly PlacedDiagnostic[] {
  const sources = new Sources(textOf);
  const place = (range: SourceRange) => sources.linePlace(range);
  return diagnostics.map(({ severity, code, message, range, hint, related }) => ({
    ...(range ? place(range) : {}),
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(related ? { related: related.map((item) => ({ ...place(item.range), message: item.message })) } : {}),
  }));
}
