import { parse } from 'csv-parse/sync';
import { UserError } from '../../error.js';
import type { NpyArray } from '../../formats/npy.js';
import { decodeText } from '../../text/encoding.js';
import { countsByValue } from '../class-counts.js';
import { pictureNames } from './picture.js';

/** How columns of file names are called, among others. */
const fileColumn = /^(image|img|picture|file)?[ _-]?(id|name|file|path|image)([ _-]code)?$/i;
const isPicture = (cell: string) => pictureNames.test(cell);

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
  const values = labelsOf(columns, rows, label);
  return values.every(isWhole) ? { shape: [values.length], data: Float64Array.from(values, Number) } : values;
}

/**
 * Names of classes by file name, from a CSV file with a column of those: the first one, unless another is called so.
 *
 * @param find what a cell means, if it is a file that is there
 * @throws {UserError} E_DATA_CSV
 */
export function readFileLabels(
  bytes: Uint8Array,
  label: string,
  find: (cell: string) => string | undefined,
): ReadonlyMap<string, string> {
  const { columns, rows } = readTable(bytes, label, find);
  if (columns.length < 2)
    throw new UserError(
      'E_DATA_CSV',
      `${label} has one column, but each row must have a file name and a class.`,
      'For example: 0001.png,cat. Pictures without classes can’t test anything: take some of the training split with test: { share: 0.2 }.',
    );
  const labels = labelsOf(columns, rows, label);
  const files = Math.max(
    columns.findIndex((name) => fileColumn.test(name)),
    0,
  );
  const result = new Map<string, string>();
  for (const [i, row] of rows.entries()) {
    const file = row[files]!;
    const [before, now] = [result.get(file), labels[i]!];
    if (before !== undefined && before !== now)
      throw new UserError(
        'E_DATA_CSV',
        `${label} says of ${file} that it is "${before}", and that it is "${now}". Images by label: ${countsByValue(labels) ?? 'none'}.`,
        'An image has one class: remove one of the rows.',
      );
    result.set(file, now);
  }
  return result;
}

/** The label of each row, which all must have. */
function labelsOf(columns: readonly string[], rows: readonly string[][], label: string): string[] {
  const found = columns.findIndex((name) => labelColumns.includes(name.toLowerCase()));
  if (found < 0) refuseSwitches(columns, rows, label);
  const labels = rows.map((row) => row.at(found)!);
  const missing = labels.indexOf('');
  if (missing < 0) return labels;
  throw new UserError(
    'E_DATA_CSV',
    `${label} has no label in row ${missing + 1} of ${labels.length}. Images by label: ${countsByValue(labels.filter((one) => one !== '')) ?? 'none'}.`,
    'Add it, or leave the row and its image out.',
  );
}

/** Whole numbers, also as programs write them that have them in floats. */
const isWhole = (cell: string) => /^-?\d+(\.0*)?$/.test(cell);

/** Refuses a column for each class, with ones and zeros: the last of them says of one class alone which images are of it. */
function refuseSwitches(columns: readonly string[], rows: readonly string[][], label: string): void {
  const isSwitch = (_: string, i: number) => rows.every((row) => /^[01](\.0*)?$/.test(row[i]!));
  const switches = columns.filter(isSwitch);
  // In two rows, their numbers would be such a column.
  if (rows.length <= 2 || switches.length < 2 || !isSwitch('', columns.length - 1)) return;
  throw new UserError(
    'E_DATA_CSV',
    `${label} has ${switches.length} columns of zeros and ones, and none is called label: are its rows one-hot?`,
    'Save one column of classes, such as t["label"] = t[names].idxmax(axis=1), with pandas and the names of these columns.',
  );
}

/**
 * Rows, and the names of their columns: empty where the first row is no heading.
 * @param find what a cell means, if it is a file that is there; for tables of files
 */
function readTable(
  bytes: Uint8Array,
  label: string,
  find?: (cell: string) => string | undefined,
): { columns: readonly string[]; rows: readonly string[][] } {
  // Spreadsheets save UTF-16 with its mark, which the parser reads. That of UTF-32 begins with the same.
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe && (bytes[2] !== 0 || bytes[3] !== 0);
  const text = isUtf16 ? Buffer.from(bytes) : decodeText(bytes);
  if (typeof text === 'object' && 'why' in text)
    throw new UserError('E_DATA_CSV', `${label} can't be read: ${text.why}.`, text.hint);
  let all: string[][];
  try {
    all = parse(text, { bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new UserError(
      'E_DATA_CSV',
      `${label} is not a CSV file that can be read: ${(error as Error).message}.`,
      'Is it separated by commas?',
    );
  }
  if (all.length > 0 && all.every((row) => row.length === 1 && /[;\t]/.test(row[0]!)))
    throw new UserError(
      'E_DATA_CSV',
      `${label} has no commas, but ${all[0]![0]!.includes(';') ? 'semicolons' : 'tabs'} in all of its rows.`,
      'Separate its columns by commas.',
    );
  const [first = [], ...rest] = all;
  if (first.length === 0) throw new UserError('E_DATA_CSV', `${label} has no rows.`);
  const isFile = find !== undefined && first.some((cell) => find(cell) !== undefined);
  const isHeading =
    !isFile &&
    (namesLabels(first, rest) || isNumbered(rest, first) || (find !== undefined && namesFiles(first, rest[0])));
  return isHeading ? { columns: first, rows: rest } : { columns: first.map(() => ''), rows: all };
}

/** True if a column of labels is called so: what occurs in it again is a class of that name, as `y` is where `n` is another. */
const namesLabels = (first: readonly string[], rest: readonly string[][]) =>
  first.some((cell, i) => labelColumns.includes(cell.toLowerCase()) && rest.every((row) => row[i] !== cell));

/** True if a column of file names is called so, or files are named below it. */
const namesFiles = (first: readonly string[], next: readonly string[] | undefined) =>
  next !== undefined &&
  (first.some((cell) => fileColumn.test(cell)) || next.some((cell, i) => isPicture(cell) && !isPicture(first[i]!)));

/** True if all cells of the last column but the first row's are numbers. */
function isNumbered(rest: readonly string[][], first: readonly string[]): boolean {
  const isNumber = (row: readonly string[]) => isWhole(row.at(-1)!);
  return rest.length > 0 && rest.every(isNumber) && !isNumber(first);
}
