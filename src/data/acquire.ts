import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StageError } from '../stage/definition.js';
import type { Dataset, Split } from './dataset.js';
import { type DownloadOptions, download, md5Of } from './download.js';
import { readMembers } from './extract.js';
import { decodeCifar } from './formats/cifar.js';
import { decodeIdx, unzip } from './formats/idx.js';
import { findLocally, type LocalFile } from './local.js';
import { cacheFolder, embeddedFolder } from './locations.js';
import {
  type EmbeddedName,
  embeddedDatasets,
  fashionClasses,
  isEmbedded,
  type PublishedDataset,
  type PublishedFile,
  type PublishedName,
  publishedDatasets,
} from './sources.js';
import { asCifar } from './stand-in.js';

export interface AcquireOptions extends DownloadOptions {
  /** A folder of the user's, absolute: looked at first, and alone. */
  readonly source?: string;
  readonly scale: 255 | 256;
  /** Instead of the publisher's, for tests. */
  readonly mirrors?: readonly string[];
}

/** Reads a data set from a local folder or the network; its content is the same whatever it comes from. */
export async function acquire(name: PublishedName | EmbeddedName, options: AcquireOptions): Promise<Dataset> {
  const { scale } = options;
  if (isEmbedded(name)) return checked(await embedded(name, scale));
  const published: PublishedDataset = publishedDatasets[name];
  const { title, shape, classNames, files, format } = published;
  const paths = new Map<string, string>();
  for (const file of files) paths.set(file.name, await locate(name, published, file, options));
  const halves =
    format.kind === 'idx'
      ? await readIdx(files, (file) => readFile(paths.get(file.name)!))
      : await readCifar(paths.get(files[0]!.name)!, format);
  return checked({ name, shape, classes: classNames.length, classNames, scale, source: title, ...halves });
}

async function embedded(name: EmbeddedName, scale: Dataset['scale']): Promise<Dataset> {
  const { shape, classes, source } = embeddedDatasets[name];
  const from = (file: PublishedFile) => readFile(join(embeddedFolder, file.name));
  const { train, test } = await readIdx(publishedDatasets['fashion-mnist'].files, from);
  const about = { name, shape, classes, scale, source };
  if (name === 'fashion-mnist-sample') return { ...about, classNames: fashionClasses, train, test };
  const fine = name === 'fashion-as-cifar100';
  return { ...about, train: asCifar(train, fine), test: asCifar(test, fine) };
}

/** The path of a published file: a local one that is what was published, the cache, or a download. */
async function locate(
  name: PublishedName,
  published: PublishedDataset,
  file: PublishedFile,
  options: AcquireOptions,
): Promise<string> {
  const { source } = options;
  if (source !== undefined && !existsSync(source))
    throw new StageError('E_DATA_SOURCE', `There is no folder ${source}, which \`source\` names.`);
  const local = findLocally(name, file, source);
  const wanted = published.files.map(({ name: fileName }) => fileName).join(', ');
  if (local !== undefined) {
    await refuseOther(local, file);
    options.log(`${file.name}: ${local.path}`);
    return local.path;
  }
  if (source !== undefined)
    throw new StageError(
      'E_DATA_SOURCE',
      `${source} does not hold ${file.name}, which "${name}" needs.`,
      `Put there: ${wanted}.`,
    );
  const cached = join(cacheFolder(), name, file.name);
  if (existsSync(cached) && (await md5Of(cached)) === file.md5) return cached;
  const { SPIKELINE_MIRROR } = process.env;
  const mirrors = [
    ...(SPIKELINE_MIRROR === undefined ? [] : [SPIKELINE_MIRROR.replace(/\/?$/, '/')]),
    ...published.mirrors,
  ];
  try {
    await download(file, options.mirrors ?? mirrors, cached, options);
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    const hint = `Without network, put ${wanted} into a folder and name it: \`with: { name: ${name}, source: FOLDER }\`, or SPIKELINE_DATA=FOLDER.`;
    throw new StageError(error.code, error.message, hint);
  }
  return cached;
}

/** A file may be compressed anew, if its content is the published one. What was unpacked by hand enters the key. */
async function refuseOther({ path, kind }: LocalFile, file: PublishedFile): Promise<void> {
  if (kind === 'folder' || (kind === 'unpacked' && file.content === undefined)) return;
  const found = kind === 'published' ? await md5Of(path) : undefined;
  if (found === file.md5) return;
  if (file.content !== undefined) {
    const content = createHash('sha256')
      .update(unzip(await readFile(path), path))
      .digest('hex');
    if (content === file.content) return;
  }
  throw new StageError(
    'E_DATA_CHECKSUM',
    `${path} is not the published file: its checksum is another.`,
    `Is it complete? Its MD5 should be ${file.md5}. For data of your own, use \`name: custom\`.`,
  );
}

type Halves = { readonly train: Split; readonly test: Split };

/** Files in the order training images, training labels, test images, test labels. */
async function readIdx(
  files: readonly PublishedFile[],
  read: (file: PublishedFile) => Promise<Uint8Array>,
): Promise<Halves> {
  const arrays = [];
  for (const file of files) arrays.push(decodeIdx(await read(file), file.name));
  const [trainImages, trainLabels, testImages, testLabels] = arrays.map(({ data }) => data) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  return {
    train: { count: trainLabels.length, images: trainImages, labels: trainLabels },
    test: { count: testLabels.length, images: testImages, labels: testLabels },
  };
}

async function readCifar(
  path: string,
  format: Extract<PublishedDataset['format'], { kind: 'cifar' }>,
): Promise<Halves> {
  const wanted = [...format.train, ...format.test];
  const members = path.endsWith('.gz')
    ? await readMembers(path, wanted)
    : new Map(await Promise.all(wanted.map(async (name) => [name, await readFile(resolve(path, name))] as const)));
  const half = (names: readonly string[]): Split => {
    const parts = names.map((name) => decodeCifar(members.get(name)!, format.labelBytes, name));
    const labels = Buffer.concat(parts.map((part) => part.labels));
    return { count: labels.length, images: Buffer.concat(parts.map((part) => part.images)), labels };
  };
  return { train: half(format.train), test: half(format.test) };
}

/** @throws {StageError} E_DATA_SHAPE, E_DATA_LABEL when images, labels and shape don't fit each other */
export function checked(dataset: Dataset): Dataset {
  const [height, width, channels] = dataset.shape;
  for (const half of ['train', 'test'] as const) {
    const { count, images, labels } = dataset[half];
    const found = images.length / (height * width * channels);
    if (found !== count)
      throw new StageError(
        'E_DATA_SHAPE',
        `The ${half} half has ${count} labels, and ${Number.isInteger(found) ? found : 'not a whole number of'} images of ${dataset.shape.join('×')}.`,
        'Images and labels must belong together, and the shape be height, width, channels.',
      );
    const wrong = labels.findIndex((label) => label >= dataset.classes);
    if (wrong >= 0)
      throw new StageError(
        'E_DATA_LABEL',
        `Label ${wrong} of the ${half} half is ${labels[wrong]}, and there are ${dataset.classes} classes, from 0.`,
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
  const bytes = split.images.length / split.count;
  const images = new Uint8Array(count * bytes);
  for (const [to, from] of indices.entries())
    images.set(split.images.subarray(from * bytes, (from + 1) * bytes), to * bytes);
  return { count, images, labels: Uint8Array.from(indices, (i) => split.labels[i]!) };
}
