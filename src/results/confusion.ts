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
  /** Which test images were recognised: a bit an image, the first one the lowest of the first byte, in Base64. */
  recognised: Type.Optional(Type.String()),
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
  const recognised = new Uint8Array(Math.ceil(predictions.length / 8));
  for (let i = 0; i < predictions.length; i++) if (labels[i] === predictions[i]) recognised[i >> 3]! |= 1 << (i & 7);
  return {
    ...{ confusion, classAccuracy },
    ...(names === undefined ? {} : { classNames: [...names] }),
    recognised: Buffer.from(recognised).toString('base64'),
  };
}

/** A result, as far as it tells which images were recognised. */
export type Recognising = Pick<ByClass, 'confusion' | 'recognised'> & { readonly images: number };

/**
 * On how many images only the first of two results was right, and on how many only the second. Undefined where they don't
 * tell, or are not of the same images: then they have other numbers of them, in all or in a class.
 */
export function discordance(
  first: Recognising,
  second: Recognising,
): { readonly gained: number; readonly lost: number } | undefined {
  if (first.recognised === undefined || second.recognised === undefined) return undefined;
  const [a, b] = [Buffer.from(first.recognised, 'base64'), Buffer.from(second.recognised, 'base64')];
  const sizes = ({ confusion = [] }: Recognising) => confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  if (first.images !== second.images || a.length !== b.length || `${sizes(first)}` !== `${sizes(second)}`)
    return undefined;
  const count = (bits: number): number => (bits === 0 ? 0 : (bits & 1) + count(bits >> 1));
  let [gained, lost] = [0, 0];
  for (const [i, byte] of a.entries()) {
    gained += count(byte & ~b[i]!);
    lost += count(b[i]! & ~byte);
  }
  return { gained, lost };
}
