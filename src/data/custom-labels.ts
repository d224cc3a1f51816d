import { UserError } from '../error.js';
import type { NpyArray } from '../formats/npy.js';
import { countsByValue } from './class-counts.js';
import { oneNumberEach, rowsProblem } from './label-rows.js';

/** Labels are bytes in all that is made of a data set. */
export const mostClasses = 256;

/**
 * Classes of images, from whole numbers of any type.
 *
 * @param array [count], or a column of as many rows
 * @param label how messages call the file
 * @throws {UserError} E_DATA_LABEL, with the number of images of each label where labels can be counted
 */
export function classesOf({ shape, data }: NpyArray, label: string): Uint8Array {
  const refuse = (problem: string, hint: string, counts?: string): never => {
    const counted = counts === undefined ? '' : ` Images by label: ${counts}.`;
    throw new UserError('E_DATA_LABEL', `${label} ${problem}.${counted}`, hint);
  };
  const [rows = 0, columns = 1] = shape;
  if (shape.length > 2 || columns !== 1) {
    const { hint, counts } = shape.length === 2 ? rowsProblem(data, rows, columns) : { hint: oneNumberEach };
    return refuse(`has the shape [${shape.join(', ')}]; labels are one number per image`, hint, counts);
  }
  const labels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isInteger(value))
      refuse(
        `holds ${value} at ${i}; labels are whole numbers, the classes counted from 0`,
        wholeHint(data),
        countsByValue(data),
      );
    if (value < 0 || value >= mostClasses)
      refuse(
        `holds ${value} at ${i}; classes are counted from 0 to ${mostClasses - 1} at most`,
        `Renumber them: save ${numbered} (of both splits together).`,
        countsByValue(data),
      );
    labels[i] = value;
  }
  return labels;
}

/** The line of NumPy that gives each value a class. */
export const numbered = 'numpy.unique(y, return_inverse=True)[1]';

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
