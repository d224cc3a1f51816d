// From pixels to network inputs (method, "Training"). Every random choice is a function of (seed, epoch, image index).
import { purposes, RandomWords } from './random.js';

type Shape = readonly [height: number, width: number, channels: number];

/** Words of random numbers reserved for an image, a multiple of 4. */
const wordsPerImage = 16;

/** Numbers between which one is drawn, uniformly: the second one is never drawn. */
type Range = readonly [least: number, most: number];

/** What training does to images, in this order; what is left out is not done. */
export interface Augmentation {
  /** Cut at random, from the image with so many rows and columns of black pixels around it; else the middle. */
  readonly randomCrop?: number;
  /** Left and right are changed in half of the images. */
  readonly flip?: boolean;
  /** What is added to all pixels, of 0 to 255. Nothing is clipped. */
  readonly brightness?: Range;
  /** What pixels' distances from the mean of their channel are multiplied with. */
  readonly contrast?: Range;
}

/** As the paper trains VGG. */
export const paperAugmentation: Augmentation = {
  ...{ randomCrop: 0, flip: true },
  ...{ brightness: [-63, 63], contrast: [0.2, 1.8] },
};

/** Pixels less the mean of their channel, by its standard deviation; both in units of pixel / scale. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How images become inputs. */
export interface Recipe {
  readonly shape: Shape;
  /** Height and width of what the network takes. */
  readonly size: readonly [height: number, width: number];
  /** pixel / scale, that normalised by channel, or each image standardised by itself. */
  readonly values: { readonly scale: number; readonly normalise?: Normalisation } | 'standardised';
}

/** Which image of which epoch. */
export interface Draw {
  readonly index: number;
  readonly epoch: number;
  readonly seed: number;
}

/** A training image: writes height · width · C values. */
export function fillTraining(
  image: Uint8Array,
  recipe: Recipe,
  how: Augmentation,
  { index, epoch, seed }: Draw,
  target: Float32Array,
  at: number,
): void {
  const { randomCrop, flip = false, brightness, contrast } = how;
  const words = new RandomWords({ seed, purpose: purposes.augment, stream: epoch }, index * wordsPerImage);
  // All of them are drawn, whichever are used: a choice left out leaves the others as they are.
  const [ofTop, ofLeft, ofFlip, ofBrightness, ofContrast] = Array.from({ length: 5 }, () => words.uniform()) as Draws;
  const middle = middleOf(recipe);
  const around = randomCrop ?? 0;
  const place = (share: number, axis: 0 | 1) =>
    Math.floor(share * (recipe.shape[axis] + 2 * around - recipe.size[axis] + 1)) - around;
  const [top, left] = randomCrop === undefined ? middle : [place(ofTop, 0), place(ofLeft, 1)];
  const cut = cutOut(image, recipe, top, left, flip && ofFlip < 0.5);
  const added = brightness === undefined ? 0 : between(brightness, ofBrightness);
  if (contrast === undefined) plainValues(cut, added);
  else contrastValues(cut, added, between(contrast, ofContrast));
  finish(cut, recipe, target, at);
}

type Draws = [number, number, number, number, number];

const between = ([least, most]: Range, share: number): number => least + (most - least) * share;

/** An image as it is tested: its middle, neither flipped nor changed otherwise. */
export function fillTest(image: Uint8Array, recipe: Recipe, target: Float32Array, at: number): void {
  const { shape, size, values } = recipe;
  if (values !== 'standardised' && values.normalise === undefined && shape[0] === size[0] && shape[1] === size[1]) {
    for (let i = 0; i < image.length; i++) target[at + i] = image[i]! / values.scale;
    return;
  }
  const [top, left] = middleOf(recipe);
  const cut = cutOut(image, recipe, top, left, false);
  plainValues(cut, 0);
  finish(cut, recipe, target, at);
}

const middleOf = ({ shape, size }: Recipe): readonly [top: number, left: number] => [
  Math.floor((shape[0] - size[0]) / 2),
  Math.floor((shape[1] - size[1]) / 2),
];

/**
 * A crop in the making. What happens to a pixel depends on its channel and its byte alone, so it is computed once for
 * each of these and not for each pixel: a crop is a list of cells, c · 256 + byte, and tables have the values by cell.
 */
interface Cut {
  readonly cells: Uint32Array;
  readonly channels: number;
  readonly values: Float64Array;
  readonly squares: Float64Array;
  readonly inputs: Float32Array;
}

/** Kept from image to image. */
let kept: Cut = tables(0, 0);

function tables(count: number, channels: number): Cut {
  const cells = new Uint32Array(count);
  const table = () => new Float64Array(channels * 256);
  return { cells, channels, values: table(), squares: table(), inputs: new Float32Array(channels * 256) };
}

/** What lies outside the image is black. */
function cutOut(image: Uint8Array, { shape, size }: Recipe, top: number, left: number, flip: boolean): Cut {
  const [height, width, channels] = shape;
  const count = size[0] * size[1] * channels;
  if (kept.cells.length !== count || kept.channels !== channels) kept = tables(count, channels);
  const { cells } = kept;
  const step = flip ? -1 : 1;
  for (let row = 0, i = 0; row < size[0]; row++) {
    const y = top + row;
    let x = left + (flip ? size[1] - 1 : 0);
    for (let column = 0; column < size[1]; column++, x += step) {
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++, i++) cells[i] = c * 256 + (inside ? image[from + c]! : 0);
    }
  }
  return kept;
}

function plainValues({ values }: Cut, brightness: number): void {
  for (let cell = 0; cell < values.length; cell++) values[cell] = (cell & 255) + brightness;
}

function contrastValues({ cells, channels, values }: Cut, brightness: number, contrast: number): void {
  const pixels = cells.length / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < cells.length; i += channels) sum += (cells[i]! & 255) + brightness;
    const mean = sum / pixels;
    for (let byte = 0; byte < 256; byte++) values[c * 256 + byte] = (byte + brightness - mean) * contrast + mean;
  }
}

function finish(cut: Cut, { values: form }: Recipe, target: Float32Array, at: number): void {
  const { cells, values, inputs } = cut;
  if (form === 'standardised') standardise(cut);
  else
    for (let cell = 0; cell < values.length; cell++) {
      const value = values[cell]! / form.scale;
      const channel = cell >> 8;
      inputs[cell] = form.normalise ? (value - form.normalise.mean[channel]!) / form.normalise.std[channel]! : value;
    }
  for (let i = 0; i < cells.length; i++) target[at + i] = inputs[cells[i]!]!;
}

/** (x − mean) / max(std, 1/√count) over all values of the crop, summed in their order. */
function standardise({ cells, values, squares, inputs }: Cut): void {
  const count = cells.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[cells[i]!]!;
  const mean = sum / count;
  for (let cell = 0; cell < values.length; cell++) squares[cell] = (values[cell]! - mean) * (values[cell]! - mean);
  let total = 0;
  for (let i = 0; i < count; i++) total += squares[cells[i]!]!;
  const deviation = Math.max(Math.sqrt(total / count), 1 / Math.sqrt(count));
  for (let cell = 0; cell < values.length; cell++) inputs[cell] = (values[cell]! - mean) / deviation;
}
