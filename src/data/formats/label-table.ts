import { parse } from 'csv-parse/sync';
import { UserError } from '../../error.js';
import type { NpyArray } from '../../formats/npy.js';

/** How columns of labels are called. */
const labelColumns = ['label', 'labels', 'class', 'target', 'y'];

/**
 * Labels of a CSV file, one a row: whole numbers, or names of classes. They are in its only column, or in the one that is
 * called `label`, `class`, `target` or `y`; else in the last one.
 *
 * @param label how messages call the file
 * @throws {UserError} E_DATA_CSV
 */
export function readLabels(bytes: Uint8Array, label: string): NpyArray | readonly string[] {
  const { columns, rows } = readTable(bytes, label);
  const values = rows.map((row) => row[labelColumn(columns)]!);
  return values.every((value) => /^-?\d+$/.test(value))
    ? { shape: [values.length], data: Float64Array.from(values, Number) }
    : values;
}

/**
 * Names of classes by file name, from a CSV file whose first column is file names.
 * @throws {UserError} E_DATA_CSV
 */
export function readFileLabels(bytes: Uint8Array, label: string): ReadonlyMap<string, string> {
  const { columns, rows } = readTable(bytes, label);
  if (columns.length < 2)
    throw new UserError(
      'E_DATA_CSV',
      `${label} has one column, but each row must have a file name and a class.`,
      'For example: 0001.png,cat',
    );
  return new Map(rows.map((row) => [row[0]!, row[labelColumn(columns)]!]));
}

function labelColumn(columns: readonly string[]): number {
  const found = columns.findIndex((name) => labelColumns.includes(name.toLowerCase()));
  return found < 0 ? columns.length - 1 : found;
}

/** Rows, and the names of their columns: empty where the first row is no heading. */
function readTable(bytes: Uint8Array, label: string): { columns: readonly string[]; rows: readonly string[][] } {
  let all: string[][];
  try {
    all = parse(Buffer.from(bytes), { bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new UserError(
      'E_DATA_CSV',
      `${label} is not a CSV file that can be read: ${(error as Error).message}.`,
      'Is it separated by commas?',
    );
  }
  const [first = [], ...rest] = all;
  if (first.length === 0) throw new UserError('E_DATA_CSV', `${label} has no rows.`);
  const isHeading = first.some((cell) => labelColumns.includes(cell.toLowerCase())) || isNumbered(rest, first);
  return isHeading ? { columns: first, rows: rest } : { columns: first.map(() => ''), rows: all };
}

/** True if all cells of the last column but the first row's are numbers. */
function isNumbered(rest: readonly string[][], first: readonly string[]): boolean {
  const isNumber = (row: readonly string[]) => /^-?\d+$/.test(row.at(-1)!);
  return rest.length > 0 && rest.every(isNumber) && !isNumber(first);
}
