import { UserError } from '../error.js';
import type { NpyArray } from '../formats/npy.js';
import { elements } from '../formats/shape.js';

export type ImageShape = readonly [height: number, width: number, channels: number];

/**
 * Pixels as bytes, [count][H][W][C]: of any type that holds whole numbers from 0 to 255.
 *
 * @param label how messages call the file
 * @throws {UserError} E_DATA_TYPE with the line of NumPy that makes bytes of what there is
 */
export function pixelsOf({ data }: NpyArray, label: string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  let [least, most, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isFinite(value))
      throw new UserError('E_DATA_TYPE', `${label} holds ${value} at ${i}; pixels are numbers from 0 to 255.`);
    least = Math.min(least, value);
    most = Math.max(most, value);
    whole &&= Number.isInteger(value);
  }
  // Ones and zeros in floats are what is left of 0 … 255 divided by 255.
  const isFraction = data instanceof Float32Array || data instanceof Float64Array ? most <= 1 && most > 0 : false;
  if (whole && least >= 0 && most <= 255 && !isFraction) return Uint8Array.from(data, Number);
  throw new UserError(
    'E_DATA_TYPE',
    `${label} holds numbers from ${rounded(least)} to ${rounded(most)}; pixels are whole numbers from 0 to 255.`,
    `Save ${bytesOf(least, most)} instead.`,
  );
}

/** NumPy's words for bytes of x. */
function bytesOf(least: number, most: number): string {
  const scaled =
    least >= 0 && most <= 1
      ? '(x * 255)'
      : least >= -1 && most <= 1
        ? '((x + 1) * 127.5)'
        : least >= 0 && most <= 255
          ? 'x'
          : '((x - x.min()) / (x.max() - x.min()) * 255)';
  return `${scaled}.round().astype(numpy.uint8)`;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** What images are, by the shape of their file; with none given. @throws {UserError} E_DATA_SHAPE */
export function shapeOf(shape: readonly number[], label: string): ImageShape {
  const [, height, width, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4)
    throw new UserError(
      'E_DATA_SHAPE',
      `${label} has the shape [${shape.join(', ')}]; images are [count, height, width] or [count, height, width, channels].`,
      'Say what they are with `shape: [height, width, channels]`.',
    );
  // One channel is the same first or last.
  if (shape.length === 4 && height === 1 && channels > 4) return [width!, channels, 1];
  if (shape.length === 4 && height! <= 4 && channels > 4)
    throw new UserError(
      'E_DATA_SHAPE',
      `${label} has the shape [${shape.join(', ')}], which looks like channels first; images are [count, height, width, channels].`,
      `Transpose it: save x.transpose(0, 2, 3, 1). If it is right, say \`shape: [${shape.slice(1).join(', ')}]\`.`,
    );
  return [height!, width!, channels];
}

/**
 * Refuses a file whose images have another shape, or their values in another order.
 *
 * @param shape of the file: [count, H, W, C], [count, H, W] or [count, 1, H, W] for one channel, or flat
 * @throws {UserError} E_DATA_SHAPE
 */
export function checkShape(shape: readonly number[], image: ImageShape, label: string): void {
  const [height, width, channels] = image;
  const [count = 0, ...own] = shape;
  const isLike = (...sizes: readonly number[]) => own.join() === sizes.join();
  const flat = own.length === 0 ? count % elements(image) === 0 : isLike(elements(image));
  if (flat || isLike(height, width, channels)) return;
  if (channels === 1 && (isLike(height, width) || isLike(1, height, width))) return;
  const hint = isLike(channels, height, width)
    ? 'Channels come first in it: transpose it, and save x.transpose(0, 2, 3, 1).'
    : isLike(width, height, channels)
      ? `Are height and width swapped? Say \`shape: [${[width, height, channels].join(', ')}]\`, or save x.transpose(0, 2, 1, 3).`
      : '`shape` is height, width and channels of one image.';
  throw new UserError(
    'E_DATA_SHAPE',
    `${label} has the shape [${shape.join(', ')}], which does not fit images of the shape [${image.join(', ')}].`,
    hint,
  );
}

/** Where nothing is brighter, pixels were counted to another number than 255: to 16 in scikit-learn's digits. */
const darkest = 31;

/** What is odd about the pixels of a split, as a sentence. */
export function oddPixels(pixels: Uint8Array, split: string): string | undefined {
  let [least, most] = [255, 0];
  for (const value of pixels) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least === most) return `All pixels of the ${split} split are ${least}.`;
  if (most <= 1)
    return `All pixels of the ${split} split are 0 or 1, which is as good as black: 255 is white. Save x * 255 instead.`;
  if (most <= darkest)
    return `All pixels of the ${split} split are from ${least} to ${most}, which is nearly black: 255 is white. If ${most} is white, save (x * (255 / ${most})).round().astype(numpy.uint8).`;
  return undefined;
}
