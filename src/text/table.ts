import { stripVTControlCharacters } from 'node:util';
import { markdown } from './markup.js';
import { printable, printableLine } from './printable.js';

export type Cell = string | number | boolean | null | undefined;

export interface Column {
  /** Property of the rows. */
  readonly key: string;
  /** Heading; the key if left out. */
  readonly title?: string;
  /** True for a column of numbers whose cells are texts: it is aligned to the right. */
  readonly numeric?: boolean;
  /** How a cell reads in text and Markdown; CSV always holds the plain value. Texts come to it as one printable line. */
  readonly format?: (value: Cell) => string;
}

export type TableFormat = 'text' | 'md' | 'csv';

/**
 * A table of rows for a terminal (aligned, ruled), a Markdown page or a CSV file (RFC 4180, line feeds). Columns of
 * numbers are aligned to the right. Every line ends in a line feed.
 */
export function renderTable(
  rows: readonly Readonly<Record<string, Cell>>[],
  columns: readonly Column[],
  format: TableFormat,
): string {
  const titles = columns.map((column) => column.title ?? column.key);
  if (format === 'csv') {
    const lines = rows.map((row) => columns.map(({ key }) => row[key]));
    return [titles, ...lines].map((line) => `${line.map(csvField).join(',')}\n`).join('');
  }
  const cells = rows.map((row) => columns.map(({ key, format: show }) => (show ?? plain)(inLine(row[key]))));
  const lines = [titles.map(printableLine), ...cells];
  const escaped = format === 'md' ? lines.map((line) => line.map(markdown)) : lines;
  const widths = columns.map((_, i) => Math.max(...escaped.map((line) => width(line[i]!)), format === 'md' ? 3 : 0));
  const numeric = columns.map(({ key, numeric }) => numeric ?? isNumeric(rows.map((row) => row[key])));
  const [head, ...body] = escaped.map((line) => line.map((cell, i) => align(cell, widths[i]!, numeric[i]!)));
  if (format === 'md') {
    const rule = widths.map((size, i) => (numeric[i] ? `${'-'.repeat(size - 1)}:` : '-'.repeat(size)));
    return [head!, rule, ...body].map((line) => `| ${line.join(' | ')} |\n`).join('');
  }
  const rule = widths.map((size) => '─'.repeat(size));
  return [head!, rule, ...body].map((line) => `${line.join('  ').trimEnd()}\n`).join('');
}

/** Cells for people: numbers to six significant digits. */
export function shownCell(value: Cell): string {
  return rounded(value, 6);
}

/** The same, with as many digits as it takes to tell different numbers apart. */
export function distinctCells(values: readonly Cell[]): (value: Cell) => string {
  const numbers = [...new Set(values)].filter((value) => typeof value === 'number');
  const isEnough = (digits: number) => new Set(numbers.map((value) => rounded(value, digits))).size === numbers.length;
  const digits = [6, 8, 10, 12, 15].find(isEnough) ?? 17;
  return (value) => rounded(value, digits);
}

function rounded(value: Cell, digits: number): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return plain(value);
  return String(Number(value.toPrecision(digits)));
}

/** A cell as it is. */
export function plain(value: Cell): string {
  return value === null || value === undefined ? '' : String(value);
}

/** Only a column that holds numbers, and nothing else but gaps, is one of numbers. */
export function isNumeric(values: readonly Cell[]): boolean {
  const present = values.filter((value) => value !== null && value !== undefined);
  return present.length > 0 && present.every((value) => typeof value === 'number');
}

function align(cell: string, size: number, right: boolean): string {
  const space = ' '.repeat(size - width(cell));
  return right ? space + cell : cell + space;
}

/** Characters as a reader counts them: code points, not UTF-16 units, and none for colours. */
function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Texts become one printable line, before colours are added. */
export function inLine(value: Cell): Cell {
  return typeof value === 'string' ? printableLine(value) : value;
}

/**
 * A field by RFC 4180. A text that spreadsheets would take for a formula is marked as text, by the apostrophe that they
 * know; numbers are none, negative ones and those in texts too.
 */
function csvField(value: Cell): string {
  const text = printable(plain(value));
  const isFormula = typeof value === 'string' && /^[=+\-@\t]/.test(value) && !numberPattern.test(value);
  const safe = isFormula ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const numberPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^[+-]infinity$/i;
