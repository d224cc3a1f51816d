import { resolve } from 'node:path';
import { UserError } from '../error.js';
import { inflateHead, isGzip } from '../formats/gzip.js';
import { decodeNpy, type NpyArray } from '../formats/npy.js';
import { elements } from '../formats/shape.js';
import { checked } from './acquire.js';
import { checkShape, type ImageShape, oddPixels, pixelsOf, shapeOf } from './custom-images.js';
import { classesOf, oddClasses } from './custom-labels.js';
import { readDataFile } from './data-file.js';
import type { Dataset, Split } from './dataset.js';
import { decodeIdx } from './formats/idx.js';

/** Paths of images and labels. */
export interface CustomHalf {
  readonly images: string;
  readonly labels: string;
}

export interface CustomOptions {
  readonly train: CustomHalf;
  readonly test: CustomHalf;
  /** Height, width, channels; from the images' own shape if left out. */
  readonly shape?: ImageShape;
  readonly classNames?: readonly string[];
  readonly scale: 255 | 256;
  /** What paths are relative to. */
  readonly folder: string;
}

/** A data set, and what is odd about it, a sentence each. */
export interface CustomDataset {
  readonly dataset: Dataset;
  readonly warnings: readonly string[];
}

/**
 * A data set of the user's: IDX or npy files, each may be gzip-compressed.
 * @throws {UserError} E_DATA_FILE, E_DATA_NPY, E_DATA_IDX, E_DATA_TYPE, E_DATA_SHAPE, E_DATA_LABEL
 */
export async function readCustom(options: CustomOptions): Promise<CustomDataset> {
  const { folder, classNames, scale } = options;
  const train = await readHalf(options.train, folder, options.shape);
  // Both halves are of one shape, whoever says which.
  const { shape } = train;
  const test = await readHalf(options.test, folder, shape);
  for (const [half, { split }] of Object.entries({ training: train, test }))
    if (split.count === 0)
      throw new UserError('E_DATA_SHAPE', `The ${half} half is empty.`, 'Both halves need images and labels.');
  const halves = { training: train.split, test: test.split };
  const largest = Math.max(...Object.values(halves).map(({ labels }) => labels.reduce((a, b) => Math.max(a, b), 0)));
  const classes = classNames?.length ?? largest + 1;
  const dataset = checked({
    name: 'custom',
    shape,
    classes,
    ...(classNames === undefined ? {} : { classNames }),
    scale,
    source: 'files of the user’s',
    train: train.split,
    test: test.split,
  });
  const pixels = Object.entries(halves).map(([half, { images }]) => oddPixels(images, half));
  const labels = oddClasses({ training: train.split.labels, test: test.split.labels }, classes);
  return { dataset, warnings: [...pixels.filter((line) => line !== undefined), ...labels] };
}

/** @param given height, width, channels; from the images' own shape if left out */
async function readHalf(
  { images, labels }: CustomHalf,
  folder: string,
  given: ImageShape | undefined,
): Promise<{ readonly shape: ImageShape; readonly split: Split }> {
  const [x, y] = [await readArray(resolve(folder, images), images), await readArray(resolve(folder, labels), labels)];
  const classes = classesOf(y, labels);
  const shape = given ?? shapeOf(x.shape, images);
  checkShape(x.shape, shape, images);
  const count = x.data.length / elements(shape);
  if (count !== classes.length)
    throw new UserError(
      'E_DATA_SHAPE',
      `${images} holds ${count} images, and ${labels} ${classes.length} labels.`,
      'They belong together: one label for each image, in the same order.',
    );
  return { shape, split: { count, images: pixelsOf(x, images), labels: classes } };
}

/** Larger than any array that a task can hold. */
const maximumBytes = 2 ** 31 - 1;

async function readArray(path: string, label: string): Promise<NpyArray> {
  const bytes = readDataFile(path, label, maximumBytes);
  const head = isGzip(bytes) ? inflateHead(bytes, label) : bytes;
  return head[0] === 0x93 ? decodeNpy(bytes, label) : decodeIdx(bytes, label);
}
