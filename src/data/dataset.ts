import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../error.js';
import { decodeNpy, type NpyArray, npyParts } from '../formats/npy.js';

/** Images and labels of one split of a data set. */
export interface Split {
  readonly count: number;
  /** [count][H][W][C] bytes. */
  readonly images: Uint8Array;
  /** [count], from 0. */
  readonly labels: Uint8Array;
}

/** What `dataset` makes and all stages read. */
export interface Dataset {
  readonly name: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** What pixels are divided by. */
  readonly scale: 255 | 256;
  /** Where it comes from, for people. */
  readonly source: string;
  readonly train: Split;
  readonly test: Split;
}

const splits = ['train', 'test'] as const;

/** Writes a data set as a folder: dataset.json, and {train,test}-{images,labels}.npy. */
export async function writeDataset(folder: string, dataset: Dataset): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { train, test, ...description } = dataset;
  const counts = { train: { images: train.count }, test: { images: test.count } };
  await writeFile(join(folder, 'dataset.json'), `${JSON.stringify({ ...description, ...counts }, null, 2)}\n`);
  for (const split of splits) {
    const { count, images, labels } = dataset[split];
    const write = (name: string, array: NpyArray) => writeFile(join(folder, `${split}-${name}.npy`), npyParts(array));
    await write('images', { shape: [count, ...dataset.shape], data: images });
    await write('labels', { shape: [count], data: labels });
  }
}

/** A copy of bytes in memory that threads share. */
function shared(bytes: ArrayLike<number>): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

type Description = Omit<Dataset, 'train' | 'test'>;

const readPart = (folder: string, name: string) =>
  readFile(join(folder, name)).catch(() => {
    throw new UserError('E_DATA_FOLDER', `There is no ${name}: this input is not a folder that \`dataset\` made.`);
  });

/** What such a folder says of its images, without them. @throws {UserError} E_DATA_FOLDER */
export async function describedDataset(folder: string): Promise<Description> {
  return JSON.parse((await readPart(folder, 'dataset.json')).toString()) as Description;
}

/** Reads such a folder, into memory that threads share. @throws {UserError} E_DATA_FOLDER, E_DATA_NPY */
export async function openDataset(folder: string): Promise<Dataset> {
  const read = (name: string) => readPart(folder, name);
  const { name, shape, classes, classNames, scale, source } = await describedDataset(folder);
  const readSplit = async (which: (typeof splits)[number]): Promise<Split> => {
    const images = decodeNpy(await read(`${which}-images.npy`), `${which}-images.npy`);
    const labels = decodeNpy(await read(`${which}-labels.npy`), `${which}-labels.npy`);
    const count = labels.shape[0] ?? 0;
    if (images.shape.join() !== [count, ...shape].join() || !(images.data instanceof Uint8Array))
      throw new UserError('E_DATA_FOLDER', `${which}-images.npy does not hold ${count} images of ${shape.join('×')}.`);
    if (!(labels.data instanceof Uint8Array))
      throw new UserError('E_DATA_FOLDER', `${which}-labels.npy does not hold bytes.`);
    return { count, images: shared(images.data), labels: shared(labels.data) };
  };
  const description = { name, shape, classes, scale, source, ...(classNames === undefined ? {} : { classNames }) };
  return { ...description, train: await readSplit('train'), test: await readSplit('test') };
}
