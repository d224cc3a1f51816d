import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../error.js';
import { countsByValue } from './class-counts.js';
import { pick } from './custom-split.js';
import type { Dataset, Split } from './dataset.js';
import { decodeCifar } from './formats/cifar.js';
import { decodeIdx } from './formats/idx.js';
import { type KnownName, knownDatasets } from './known.js';
import { decodeTransposed } from './layouts/idx-archive.js';
import type { Contents } from './layouts/layout.js';
import { decodeSvhn } from './layouts/mat.js';
import { embeddedFolder } from './locations.js';
import { type ObtainOptions, obtain } from './obtain.js';
import type { Part, PublishedDataset } from './published.js';
import { type EmbeddedName, embeddedDatasets, fashionClasses, isEmbedded, publishedDatasets } from './sources.js';
import { asCifar } from './stand-in.js';

export interface AcquireOptions extends ObtainOptions {
  readonly scale: 255 | 256;
}

/** Reads a data set from this machine or the network; its content is the same whatever it comes from. */
export async function acquire(name: KnownName, options: AcquireOptions): Promise<Dataset> {
  if (isEmbedded(name)) return acquireEmbedded(name, options.scale);
  return acquirePublished(name, publishedDatasets[name], options);
}

/** Reads a data set that comes with the package. */
export async function acquireEmbedded(name: EmbeddedName, scale: AcquireOptions['scale']): Promise<Dataset> {
  return checked(await embedded(name, scale));
}

/** The same of a data set that is described. @param name of its folders and of the result */
export async function acquirePublished(
  name: string,
  published: PublishedDataset,
  options: AcquireOptions,
): Promise<Dataset> {
  const contents = await obtain(name, published, options);
  const { title, shape, classNames, train, test } = published;
  const about = { name, shape, classes: classNames.length, classNames, scale: options.scale, source: title };
  return checked({
    ...about,
    train: readSplit(contents, train, published),
    test: readSplit(contents, test, published),
  });
}

/** @param parts of the split; they are let go of, as they are large */
function readSplit(contents: Contents, parts: readonly Part[], { format }: PublishedDataset): Split {
  const files = parts.map(({ name }) => {
    const bytes = contents.get(name)!;
    contents.delete(name);
    return { name, bytes };
  });
  switch (format.kind) {
    case 'idx': {
      const [images, labels] = files.map(({ name, bytes }) => decodeIdx(bytes, name).data) as [Uint8Array, Uint8Array];
      return { count: labels.length, images, labels };
    }
    case 'idx-archive':
      return decodeTransposed(files, format.firstLabel);
    case 'mat':
      return decodeSvhn(files[0]!.bytes, files[0]!.name);
    case 'cifar': {
      const decoded = decodeCifar(files, format.labelBytes);
      return { count: decoded.labels.length, ...decoded };
    }
  }
}

async function embedded(name: EmbeddedName, scale: Dataset['scale']): Promise<Dataset> {
  const { classes, source } = embeddedDatasets[name];
  const { shape } = knownDatasets[name];
  const read = async ({ name: file }: Part) => decodeIdx(await readFile(join(embeddedFolder, `${file}.gz`)), file).data;
  const split = async ([images, labels]: readonly Part[]): Promise<Split> => {
    const values = await read(labels!);
    return { count: values.length, images: await read(images!), labels: values };
  };
  const whole = publishedDatasets['fashion-mnist'];
  const [train, test] = [await split(whole.train), await split(whole.test)];
  const about = { name, shape, classes, scale, source };
  if (name === 'fashion-mnist-sample') return { ...about, classNames: fashionClasses, train, test };
  const fine = name === 'fashion-as-cifar100';
  return { ...about, train: asCifar(train, fine), test: asCifar(test, fine) };
}

/** @throws {UserError} E_DATA_SHAPE, E_DATA_LABEL when images, labels and shape don't fit each other */
export function checked(dataset: Dataset): Dataset {
  const [height, width, channels] = dataset.shape;
  for (const split of ['train', 'test'] as const) {
    const { count, images, labels } = dataset[split];
    const found = images.length / (height * width * channels);
    if (found !== count)
      throw new UserError(
        'E_DATA_SHAPE',
        `The ${split} split has ${count} labels, and ${Number.isInteger(found) ? found : 'not a whole number of'} images of ${dataset.shape.join('×')}.`,
        'There must be one label per image, and the shape must be height, width, channels.',
      );
    const wrong = labels.findIndex((label) => label >= dataset.classes);
    if (wrong >= 0)
      throw new UserError(
        'E_DATA_LABEL',
        `Label ${wrong} of the ${split} split is ${labels[wrong]}, but there are ${dataset.classes} classes, counted from 0. Images by label: ${countsByValue(labels)}.`,
        dataset.classNames === undefined
          ? undefined
          : `\`classNames\` lists ${dataset.classNames.length}: it must have a name for each label from 0 on. Where labels are counted from 1, save y - 1 instead.`,
      );
  }
  return dataset;
}

/** The first images of each class, so that a subset stays as balanced as the whole. Keeps the order of images. */
export function subset(split: Split, count: number, classes: number): Split {
  if (count >= split.count) return split;
  const perClass = Array.from(
    { length: classes },
    (_, c) => Math.floor(count / classes) + (c < count % classes ? 1 : 0),
  );
  const chosen: number[] = [];
  const rest: number[] = [];
  for (let i = 0; i < split.count; i++) {
    if (perClass[split.labels[i]!]!-- > 0) chosen.push(i);
    else rest.push(i);
  }
  // Where a class has too few images, others fill up.
  const indices = [...chosen, ...rest.slice(0, count - chosen.length)].sort((a, b) => a - b);
  return pick(split, indices);
}
