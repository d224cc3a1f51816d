import { UserError } from '../error.js';
import type { NpyArray } from '../formats/npy.js';

/** Labels are bytes in all that is made of a data set. */
export const mostClasses = 256;

/**
 * Classes of images, from whole numbers of any type.
 *
 * @param array [count], or a column of as many rows
 * @param label how messages call the file
 * @throws {UserError} E_DATA_LABEL
 */
export function classesOf({ shape, data }: NpyArray, label: string): Uint8Array {
  const refuse = (problem: string, hint: string): never => {
    throw new UserError('E_DATA_LABEL', `${label} ${problem}.`, hint);
  };
  const [rows = 0, columns = 1] = shape;
  if (shape.length > 2 || columns !== 1) {
    const found = `has the shape [${shape.join(', ')}]; labels are one number per image`;
    if (shape.length === 2 && isOneHot(data, rows, columns))
      return refuse(found, 'It is one-hot: save y.argmax(axis=1) instead.');
    return refuse(found, 'Save an array of [count].');
  }
  const labels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isInteger(value))
      refuse(`holds ${value} at ${i}; labels are whole numbers, the classes counted from 0`, wholeHint(data));
    if (value < 0 || value >= mostClasses)
      refuse(
        `holds ${value} at ${i}; classes are counted from 0 to ${mostClasses - 1} at most`,
        `Renumber them: save ${numbered} (of both splits together).`,
      );
    labels[i] = value;
  }
  return labels;
}

/** The line of NumPy that gives each value a class. */
const numbered = 'numpy.unique(y, return_inverse=True)[1]';

/** How labels that are not whole become classes, if they can. */
function wholeHint(data: NpyArray['data']): string {
  const values = new Set<number>();
  for (let i = 0; i < data.length && values.size <= mostClasses; i++) values.add(Number(data[i]));
  if (![...values].every(Number.isFinite))
    return 'Are these the labels? Some are missing: numpy.isfinite(y) says which are not.';
  return values.size <= mostClasses
    ? `If each value is a class, save ${numbered} instead (of both splits together).`
    : 'Are these the labels? Measurements are divided into classes by numpy.digitize(y, edges), with edges of your choice.';
}

function isOneHot(data: NpyArray['data'], rows: number, columns: number): boolean {
  for (let row = 0; row < rows; row++) {
    let ones = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const value = Number(data[i]);
      if (value === 1) ones++;
      else if (value !== 0) return false;
    }
    if (ones !== 1) return false;
  }
  return rows > 0;
}

/**
 * What is odd about the classes of two splits, a sentence each: all can be read, and may be meant so.
 * @param classes how many there are
 */
export function oddClasses(splits: Readonly<Record<string, Uint8Array>>, classes: number): string[] {
  const counts = Object.entries(splits).map(([split, labels]) => ({ split, counts: countsOf(labels, classes) }));
  const present = Array.from({ length: classes }, (_, c) => counts.some((one) => one.counts[c]! > 0));
  const found = present.flatMap((is, c) => (is ? [c] : []));
  if (found.length === 1) return [`There is only one class: all labels are ${found[0]}.`];
  if (!present[0] && found.length === classes - 1)
    return [
      `No image is of class 0, and labels go from 1 to ${classes - 1}: where they are counted from 1, save y - 1 instead.`,
    ];
  return present.flatMap((_, c) => {
    const without = counts.filter((one) => one.counts[c] === 0).map(({ split }) => split);
    if (without.length === 0) return [];
    if (without.length === counts.length) return [`No image is of class ${c}.`];
    const others = counts
      .filter((one) => one.counts[c]! > 0)
      .map((one) => `${one.counts[c]} in the ${one.split} split`);
    return [`The ${without[0]} split has no image of class ${c} (${others.join(', ')}).`];
  });
}

function countsOf(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}
