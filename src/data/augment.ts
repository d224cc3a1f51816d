// From pixels to network inputs (method, "Training"). Every random choice is a function of (seed, epoch, image index).
import { purposes, RandomWords } from './random.js';

type Shape = readonly [height: number, width: number, channels: number];

/** Words of random numbers reserved for an image, a multiple of 4. */
const wordsPerImage = 16;

/** pixel / scale, as LeNet takes it. */
export function fillScaled(image: Uint8Array, scale: number, target: Float32Array, at: number): void {
  for (let i = 0; i < image.length; i++) target[at + i] = image[i]! / scale;
}

export interface TrainingCrop {
  /** [H][W][C] bytes. */
  readonly image: Uint8Array;
  readonly shape: Shape;
  /** Height and width of the crop. */
  readonly crop: number;
  readonly index: number;
  readonly epoch: number;
  readonly seed: number;
}

/**
 * A training image of VGG, in the paper's order: random crop; random left-right flip; add U[−63, 63); contrast factor
 * U[0.2, 1.8) about each channel's mean; standardise. No clipping. Writes crop·crop·C values.
 */
export function fillTrainingCrop(source: TrainingCrop, target: Float32Array, at: number): void {
  const { image, shape, crop, index, epoch, seed } = source;
  const [height, width, channels] = shape;
  const words = new RandomWords({ seed, purpose: purposes.augment, stream: epoch }, index * wordsPerImage);
  const top = Math.floor(words.uniform() * (height - crop + 1));
  const left = Math.floor(words.uniform() * (width - crop + 1));
  const flip = words.uniform() < 0.5;
  const brightness = -63 + 126 * words.uniform();
  const contrast = 0.2 + 1.6 * words.uniform();

  const { cells, values } = cut(image, shape, crop, top, left, flip);
  const count = crop * crop * channels;
  const pixels = crop * crop;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < count; i += channels) sum += (cells[i]! & 255) + brightness;
    const mean = sum / pixels;
    for (let byte = 0; byte < 256; byte++) values[c * 256 + byte] = (byte + brightness - mean) * contrast + mean;
  }
  standardise(target, at);
}

/** A test image of VGG: centre crop, standardised. */
export function fillCentreCrop(image: Uint8Array, shape: Shape, crop: number, target: Float32Array, at: number): void {
  const top = Math.floor((shape[0] - crop) / 2);
  const left = Math.floor((shape[1] - crop) / 2);
  const { values } = cut(image, shape, crop, top, left, false);
  for (let cell = 0; cell < values.length; cell++) values[cell] = cell & 255;
  standardise(target, at);
}

/**
 * A crop in the making. What happens to a pixel depends on its channel and its byte alone, so it is computed once for
 * each of these and not for each pixel: a crop is a list of cells, c · 256 + byte, and tables have the values by cell.
 */
interface Cut {
  readonly cells: Uint32Array;
  readonly values: Float64Array;
  readonly squares: Float64Array;
  readonly standardised: Float32Array;
}

/** Kept from image to image. */
let kept: Cut = tables(0, 0);

function tables(count: number, channels: number): Cut {
  const cells = new Uint32Array(count);
  const table = () => new Float64Array(channels * 256);
  return { cells, values: table(), squares: table(), standardised: new Float32Array(channels * 256) };
}

function cut(image: Uint8Array, shape: Shape, crop: number, top: number, left: number, flip: boolean): Cut {
  const [, width, channels] = shape;
  const count = crop * crop * channels;
  if (kept.cells.length !== count || kept.values.length !== channels * 256) kept = tables(count, channels);
  const { cells } = kept;
  const step = flip ? -channels : channels;
  for (let y = 0, i = 0; y < crop; y++) {
    let from = ((top + y) * width + left + (flip ? crop - 1 : 0)) * channels;
    for (let x = 0; x < crop; x++, from += step)
      for (let c = 0; c < channels; c++, i++) cells[i] = c * 256 + image[from + c]!;
  }
  return kept;
}

/** (x − mean) / max(std, 1/√count) over all values of the crop, summed in their order. */
function standardise(target: Float32Array, at: number): void {
  const { cells, values, squares, standardised } = kept;
  const count = cells.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[cells[i]!]!;
  const mean = sum / count;
  for (let cell = 0; cell < values.length; cell++) squares[cell] = (values[cell]! - mean) * (values[cell]! - mean);
  let total = 0;
  for (let i = 0; i < count; i++) total += squares[cells[i]!]!;
  const deviation = Math.max(Math.sqrt(total / count), 1 / Math.sqrt(count));
  for (let cell = 0; cell < values.length; cell++) standardised[cell] = (values[cell]! - mean) / deviation;
  for (let i = 0; i < count; i++) target[at + i] = standardised[cells[i]!]!;
}
