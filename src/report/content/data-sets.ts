import { contactSheet } from '../../data/contact-sheet.js';
import { type Dataset, openDataset } from '../../data/dataset.js';
import { type DatasetNumbers, datasetNumbers } from '../../data/numbers.js';

/** A data set as the page shows it: what it holds in numbers, and what its images look like. */
export interface DataSetSummary
  extends Pick<Dataset, 'name' | 'shape' | 'classes' | 'classNames' | 'scale' | 'source'> {
  readonly trainImages: number;
  readonly testImages: number;
  readonly numbers: DatasetNumbers;
  /** By class, of the first ones: a PNG of its first training images side by side, empty for a class without any. */
  readonly samples: readonly Uint8Array[];
}

/** Of so many classes there are pictures, so that the page stays small; `samples.png` of the data set has all. */
const mostClasses = 20;
const imagesPerClass = 5;
/** Pixels of the longer side of a picture's image: larger ones are shown smaller. */
const longest = 96;

/** Reads a folder that `dataset` made. @throws {UserError} E_DATA_FOLDER, E_DATA_NPY */
export async function dataSetSummary(folder: string): Promise<DataSetSummary> {
  const dataset = await openDataset(folder);
  const { train, test, ...description } = dataset;
  const classes = Array.from({ length: Math.min(dataset.classes, mostClasses) }, (_, label) => label);
  return {
    ...description,
    ...{ trainImages: train.count, testImages: test.count, numbers: datasetNumbers(dataset) },
    samples: classes.map((label) => samplesOf(dataset, label)),
  };
}

/** The contact sheet of one class. */
function samplesOf({ train, test, shape, ...description }: Dataset, label: number): Uint8Array {
  const size = shape[0] * shape[1] * shape[2];
  const found: number[] = [];
  for (let i = 0; i < train.count && found.length < imagesPerClass; i++) if (train.labels[i] === label) found.push(i);
  if (found.length === 0) return new Uint8Array();
  const step = Math.ceil(Math.max(shape[0], shape[1]) / longest);
  const images = found.map((i) => thinned(train.images.subarray(i * size, (i + 1) * size), shape, step));
  const split = { count: found.length, images: Buffer.concat(images), labels: new Uint8Array(found.length) };
  const smaller = [Math.ceil(shape[0] / step), Math.ceil(shape[1] / step), shape[2]] as const;
  return contactSheet({ ...description, shape: smaller, classes: 1, train: split, test });
}

/** An image [H][W][C] of which each `step`th row and column is left. */
function thinned(image: Uint8Array, [height, width, channels]: Dataset['shape'], step: number): Uint8Array {
  if (step === 1) return image;
  const rows: Uint8Array[] = [];
  for (let y = 0; y < height; y += step)
    for (let x = 0; x < width; x += step) {
      const from = (y * width + x) * channels;
      rows.push(image.subarray(from, from + channels));
    }
  return Buffer.concat(rows);
}
