import { type Static, Type } from '@sinclair/typebox';
import { Count } from './result-file.js';

/** What a result tells by class; results of other versions lack it. */
export const classProperties = {
  /** [class][prediction]: so many test images. */
  confusion: Type.Optional(Type.Array(Type.Array(Count))),
  /** Of the images of each class, the share that was recognised: 0 to 1; null for a class without images. */
  classAccuracy: Type.Optional(Type.Array(Type.Union([Count, Type.Null()]))),
  /** Where the data set has names. */
  classNames: Type.Optional(Type.Array(Type.String())),
};

const ByClassSchema = Type.Object(classProperties);
export type ByClass = Static<typeof ByClassSchema>;

/**
 * Images by their class, and by what a network took them for.
 *
 * @param labels of as many images as there are predictions, both from 0 to `classes` − 1
 * @param names of the classes, if they have any
 */
export function byClass(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
  names?: readonly string[],
): ByClass {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < predictions.length; i++) confusion[labels[i]!]![predictions[i]!]!++;
  const classAccuracy = confusion.map((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return images === 0 ? null : row[label]! / images;
  });
  return { confusion, classAccuracy, ...(names === undefined ? {} : { classNames: [...names] }) };
}
