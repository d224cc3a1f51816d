import { createHash } from 'node:crypto';
import { countsOf } from './class-counts.js';
import type { Dataset } from './dataset.js';

/** What a data set is in numbers: of pixels, 0 to 255, those of the training split. */
export interface DatasetNumbers {
  readonly pixelMean: number;
  readonly pixelDeviation: number;
  readonly pixelMin: number;
  readonly pixelMax: number;
  /** Images of each class. */
  readonly trainPerClass: readonly number[];
  readonly testPerClass: readonly number[];
  readonly fewestPerClass: number;
  readonly mostPerClass: number;
  /** The first digits of the SHA-256 of images and labels of both splits. */
  readonly digest: string;
}

/** Counts by class of both splits, pixels of the training split, and a digest that two data sets share only if they are the same. */
export function datasetNumbers({ train, test, classes }: Dataset): DatasetNumbers {
  const trainPerClass = countsOf(train.labels, classes);
  const digest = createHash('sha256');
  for (const { images, labels } of [train, test]) digest.update(images).update(labels);
  return {
    ...pixelNumbers(train.images),
    trainPerClass,
    testPerClass: countsOf(test.labels, classes),
    fewestPerClass: Math.min(...trainPerClass),
    mostPerClass: Math.max(...trainPerClass),
    digest: digest.digest('hex').slice(0, 12),
  };
}

/** By how often each value is there: whole numbers, whatever the order. */
function pixelNumbers(pixels: Uint8Array) {
  const counts = new Float64Array(256);
  for (const value of pixels) counts[value]!++;
  let [sum, squares] = [0, 0];
  for (const [value, count] of counts.entries()) {
    sum += value * count;
    squares += value * value * count;
  }
  const mean = sum / pixels.length;
  const rounded = (value: number) => Number(value.toFixed(3));
  return {
    pixelMean: rounded(mean),
    pixelDeviation: rounded(Math.sqrt(Math.max(0, squares / pixels.length - mean * mean))),
    pixelMin: counts.findIndex((count) => count > 0),
    pixelMax: counts.findLastIndex((count) => count > 0),
  };
}
