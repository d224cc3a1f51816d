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

  const values = cut(image, shape, crop, top, left, flip);
  const pixels = crop * crop;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += values[i]! + brightness;
    const mean = sum / pixels;
    for (let i = c; i < values.length; i += channels) values[i] = (values[i]! + brightness - mean) * contrast + mean;
  }
  standardise(values, target, at);
}

/** A test image of VGG: centre crop, standardised. */
export function fillCentreCrop(image: Uint8Array, shape: Shape, crop: number, target: Float32Array, at: number): void {
  const top = Math.floor((shape[0] - crop) / 2);
  const left = Math.floor((shape[1] - crop) / 2);
  standardise(cut(image, shape, crop, top, left, false), target, at);
}

function cut(image: Uint8Array, shape: Shape, crop: number, top: number, left: number, flip: boolean): Float64Array {
  const [, width, channels] = shape;
  const values = new Float64Array(crop * crop * channels);
  for (let y = 0, i = 0; y < crop; y++)
    for (let x = 0; x < crop; x++) {
      const column = left + (flip ? crop - 1 - x : x);
      for (let c = 0; c < channels; c++, i++) values[i] = image[((top + y) * width + column) * channels + c]!;
    }
  return values;
}

/** (x − mean) / max(std, 1/√count) over all values of the image. */
function standardise(values: Float64Array, target: Float32Array, at: number): void {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.max(Math.sqrt(squares / values.length), 1 / Math.sqrt(values.length));
  for (let i = 0; i < values.length; i++) target[at + i] = (values[i]! - mean) / deviation;
}
