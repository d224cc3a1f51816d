import { resolve } from 'node:path';
import { UserError } from '../error.js';
import { inflateHead, isGzip } from '../formats/gzip.js';
import { decodeNpy } from '../formats/npy.js';
import { checked } from './acquire.js';
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
  readonly shape?: readonly [number, number, number];
  readonly classNames?: readonly string[];
  readonly scale: 255 | 256;
  /** What paths are relative to. */
  readonly folder: string;
}

interface ByteArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A data set of the user's: IDX or npy files of bytes, each may be gzip-compressed. */
export async function readCustom(options: CustomOptions): Promise<Dataset> {
  const half = async ({ images, labels }: CustomHalf) => ({
    images: await readBytes(resolve(options.folder, images), images),
    labels: await readBytes(resolve(options.folder, labels), labels),
  });
  const [train, test] = [await half(options.train), await half(options.test)];
  const shape = options.shape ?? imageShape(train.images.shape, options.train.images);
  const split = ({ images, labels }: { images: ByteArray; labels: ByteArray }): Split => ({
    count: labels.data.length,
    images: images.data,
    labels: labels.data,
  });
  let largest = 0;
  for (const { labels } of [train, test]) for (const label of labels.data) largest = Math.max(largest, label);
  const { classNames, scale } = options;
  return checked({
    name: 'custom',
    shape,
    classes: classNames?.length ?? largest + 1,
    ...(classNames === undefined ? {} : { classNames }),
    scale,
    source: 'files of the user’s',
    train: split(train),
    test: split(test),
  });
}

function imageShape(shape: readonly number[], label: string): readonly [number, number, number] {
  const [, height, width, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4)
    throw new UserError(
      'E_DATA_SHAPE',
      `${label} has the shape [${shape.join(', ')}]; images are [count, height, width] or [count, height, width, channels].`,
      'Say what they are with `shape: [height, width, channels]`.',
    );
  return [height!, width!, channels];
}

/** Larger than any array that a task can hold. */
const maximumBytes = 2 ** 31 - 1;

async function readBytes(path: string, label: string): Promise<ByteArray> {
  const bytes = readDataFile(path, label, maximumBytes);
  const head = isGzip(bytes) ? inflateHead(bytes, label) : bytes;
  if (head[0] !== 0x93) return decodeIdx(bytes, label);
  const { shape, data } = decodeNpy(bytes, label);
  if (data instanceof Uint8Array) return { shape, data };
  if (shape.length === 1 && data.every((value) => Number.isInteger(value) && value >= 0 && value < 256))
    return { shape, data: Uint8Array.from(data) };
  throw new UserError('E_DATA_TYPE', `${label} does not hold bytes.`, 'Save it as uint8: array.astype(numpy.uint8).');
}
