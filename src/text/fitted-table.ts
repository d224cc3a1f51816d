// Tables on a terminal: as wide as it is. Stages write theirs by table.ts, whose code is part of their keys; this is not.
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { printableLine } from './printable.js';
import { type Cell, type Column, inLine, isNumeric, plain, renderTable } from './table.js';

/** Words are broken only where they are longer than the first of these or, if columns have no room side by side, the second. */
const longestWords = [24, 12];
const gap = 2;

/** A column as it has to be written: its cells, heading first. */
interface Laid {
  readonly cells: readonly string[];
  readonly numeric: boolean;
  readonly label: boolean;
  /** As wide as its longest cell. */
  readonly natural: number;
  /** As wide as its longest word; numbers are not wrapped. */
  readonly word: number;
}

/**
 * A table of at most so many characters a line: texts are wrapped, and where not even that is enough, columns go into
 * further tables below, each with those before them that say what a row is about.
 *
 * @param columns `label` marks those that say what a row is about; by default the first does
 * @param width of the terminal; undefined for none, where lines are as long as they are
 */
export function fittedTable(
  rows: readonly Readonly<Record<string, Cell>>[],
  columns: readonly (Column & { readonly label?: boolean })[],
  width: number | undefined,
): string {
  if (width === undefined) return renderTable(rows, columns, 'text');
  const labelled = columns.some(({ label }) => label !== undefined);
  const laid = columns.map((column, i) => layOut(rows, column, labelled ? column.label === true : i === 0));
  if (total(laid.map(({ natural }) => natural)) <= width) return renderTable(rows, columns, 'text');
  const leasts = longestWords.map((word) =>
    laid.map(({ numeric, ...column }) => (numeric ? column.natural : Math.min(column.word, word))),
  );
  const least = leasts.find((widths) => total(widths) <= width) ?? leasts[0]!;
  return partsOf(
    laid.map((column, i) => ({ ...column, least: least[i]! })),
    width,
  )
    .map((part) => written(part, width))
    .join('\n');
}

/** With how narrow it may be. */
type Narrowed = Laid & { readonly least: number };

function layOut(
  rows: readonly Readonly<Record<string, Cell>>[],
  { key, title = key, format = plain, numeric }: Column,
  label: boolean,
): Laid {
  const cells = [printableLine(title), ...rows.map((row) => format(inLine(row[key])))];
  const isNumber = numeric ?? isNumeric(rows.map((row) => row[key]));
  const natural = Math.max(...cells.map((cell) => stringWidth(cell)));
  const words = cells.flatMap((cell) => cell.split(' ')).map((word) => stringWidth(word));
  return { cells, numeric: isNumber, label, natural, word: Math.max(...words) };
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);

/** Columns that have room beside each other, each time with those that say what a row is about. */
function partsOf(columns: readonly Narrowed[], width: number): Narrowed[][] {
  let carried = columns.filter(({ label }) => label);
  const others = () => columns.filter((column) => !carried.includes(column));
  const fits = (part: readonly Narrowed[]) => total(part.map(({ least }) => least)) <= width;
  // Where they leave no room, only the first of them stand in every part.
  while (carried.length > 1 && !(fits(carried) && others().every((column) => fits([...carried, column]))))
    carried = carried.slice(0, -1);
  const parts = [[...carried]];
  for (const column of others()) {
    const part = parts.at(-1)!;
    if (fits([...part, column]) || part.length === carried.length) part.push(column);
    else parts.push([...carried, column]);
  }
  return parts;
}

function written(columns: readonly Narrowed[], width: number): string {
  const widths = widthsOf(columns, width);
  const lines: string[] = [];
  for (let row = 0; row < columns[0]!.cells.length; row++) {
    const wrapped = columns.map(({ cells, natural }, i) =>
      natural <= widths[i]! ? [cells[row]!] : wrapAnsi(cells[row]!, widths[i]!, { hard: true }).split('\n'),
    );
    const height = Math.max(...wrapped.map((cell) => cell.length));
    for (let line = 0; line < height; line++)
      lines.push(
        wrapped
          .map((cell, i) => aligned(cell[line] ?? '', widths[i]!, columns[i]!.numeric))
          .join(' '.repeat(gap))
          .trimEnd(),
      );
    if (row === 0) lines.push(widths.map((size) => '─'.repeat(size)).join(' '.repeat(gap)));
  }
  return `${lines.join('\n')}\n`;
}

/** What is left beyond the least goes to the narrowest columns first, until they need no more. */
function widthsOf(columns: readonly Narrowed[], width: number): number[] {
  const widths = columns.map(({ least }) => least);
  for (let room = width - total(widths); room > 0; room--) {
    const needy = widths.map((size, i) => (size < columns[i]!.natural ? size : Number.POSITIVE_INFINITY));
    const narrowest = Math.min(...needy);
    if (narrowest === Number.POSITIVE_INFINITY) break;
    widths[needy.indexOf(narrowest)]!++;
  }
  return widths;
}

function aligned(cell: string, size: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, size - stringWidth(cell)));
  return right ? space + cell : cell + space;
}
