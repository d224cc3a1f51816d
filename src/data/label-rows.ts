// Labels that are a table where they should be one number per image: what the table is, by its rows.
import type { NpyArray } from '../formats/npy.js';
import { countsByClass, countsByValue } from './class-counts.js';

/** How such a table becomes labels, and the images by class as far as it says that. */
export interface RowsProblem {
  readonly hint: string;
  readonly counts?: string | undefined;
}

export const oneNumberEach = 'Save an array of [count].';

/** Rows that add up to 1 but for this are probabilities. */
const roundingError = 1e-3;

/** @param data [rows, columns], of more columns than one */
export function rowsProblem(data: NpyArray['data'], rows: number, columns: number): RowsProblem {
  if (rows === 1) return { hint: 'It is one row: save y.ravel() instead.', counts: countsByValue(data) };
  const { largest, ones, oneHot, binary, probable } = surveyed(data, rows, columns);
  if (rows > 0 && oneHot === rows)
    return { hint: 'It is one-hot: save y.argmax(axis=1) instead.', counts: countsByClass(largest) };
  if (rows > 0 && binary === rows)
    return {
      hint:
        `Of its ${rows} rows of zeros and ones, ${rows - oneHot} are not one-hot, and an image has one class here: ` +
        '(y.sum(axis=1) != 1).nonzero() lists them. Once they are mended, save y.argmax(axis=1).',
      counts: countsByClass(ones),
    };
  if (rows > 0 && probable === rows)
    return {
      hint: 'Its rows add up to 1, as probabilities do: if the most probable class is meant, save y.argmax(axis=1) instead.',
      counts: countsByClass(largest),
    };
  return { hint: `${oneNumberEach} If one column holds the classes, save that: y[:, 0].` };
}

/** Of all columns: of how many rows their number is the largest, and how often they are 1. And how many rows are of which kind. */
function surveyed(data: NpyArray['data'], rows: number, columns: number) {
  const largest = new Array<number>(columns).fill(0);
  const ones = new Array<number>(columns).fill(0);
  let [oneHot, binary, probable] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    let [best, sum, ofOne, ofZero, negative] = [0, 0, 0, 0, 0];
    const first = row * columns;
    for (let column = 0; column < columns; column++) {
      const value = Number(data[first + column]);
      if (value > Number(data[first + best])) best = column;
      sum += value;
      if (value === 1) {
        ofOne++;
        ones[column]!++;
      } else if (value === 0) ofZero++;
      else if (value < 0) negative++;
    }
    largest[best]!++;
    if (ofOne + ofZero === columns) {
      binary++;
      if (ofOne === 1) oneHot++;
    }
    if (negative === 0 && Math.abs(sum - 1) < roundingError) probable++;
  }
  return { largest, ones, oneHot, binary, probable };
}
