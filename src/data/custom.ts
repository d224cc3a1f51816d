import { resolve } from 'node:path';
import { UserError } from '../error.js';
import { checked } from './acquire.js';
import { countsByValue, firstValues } from './class-counts.js';
import { type Named, type RawSplit, readArrays, readNpz } from './custom-arrays.js';
import { lookThrough, type PictureFolder, readFolder } from './custom-folder.js';
import { type ImageShape, oddPixels } from './custom-images.js';
import { mostClasses } from './custom-labels.js';
import { sharedCount, splitOff } from './custom-split.js';
import type { Dataset, Split } from './dataset.js';
import { oddClasses } from './odd-classes.js';

/** Where a split is, in one of these ways. Paths are relative to the file that says them. */
export interface CustomSplit {
  readonly images?: string;
  readonly labels?: string;
  readonly npz?: string;
  readonly x?: string;
  readonly y?: string;
  readonly folder?: string;
  /** Of the test split: what part of the training split it is. */
  readonly share?: number;
  readonly seed?: number;
}

export interface CustomOptions {
  /** What the user calls it. */
  readonly name: string;
  readonly train: CustomSplit;
  readonly test: CustomSplit;
  /** Height, width, channels; from the images themselves if left out. */
  readonly shape?: ImageShape;
  readonly classNames?: readonly string[];
  readonly scale: 255 | 256;
  /** What paths are relative to. */
  readonly folder: string;
}

/** A data set, and what is odd about it, a sentence each. */
export interface CustomDataset {
  readonly dataset: Dataset;
  readonly warnings: readonly string[];
}

/**
 * A data set of the user's: npy, npz, IDX or CSV files, or folders of pictures.
 * @throws {UserError} E_DATA_…
 */
export async function readCustom(options: CustomOptions): Promise<CustomDataset> {
  const { name, scale } = options;
  const train = await readSplit('train', options, options.shape);
  // Both splits are of one shape, whoever says which.
  const { shape } = train;
  const { share, seed = 0 } = options.test;
  const test = share === undefined ? await readSplit('test', options, shape) : undefined;
  const raw = test === undefined ? [train] : [train, test];
  const { labels, classNames } = numbered(
    raw.map((split) => split.labels),
    options.classNames,
  );
  const [first, second] = raw.map(({ count, images }, i) => ({ count, images, labels: labels[i]! })) as [Split, Split?];
  const parts = second === undefined ? splitOff(first, share!, seed) : { training: first, test: second };
  for (const [split, { count }] of Object.entries(parts))
    if (count === 0)
      throw new UserError(
        'E_DATA_SHAPE',
        `The ${split} split is empty.${byClass([...parts.training.labels, ...parts.test.labels])}`,
        'Save images and labels of both, such as numpy.save("x_test.npy", x[800:]), or take a share of one file: test: { share: 0.2 }.',
      );
  const classes = classNames?.length ?? largestOf(labels) + 1;
  const dataset = checked({
    name,
    shape,
    classes,
    ...(classNames === undefined ? {} : { classNames }),
    scale,
    source:
      share === undefined
        ? 'the user’s own files'
        : `the user’s own files, ${100 * share} % for testing (seed ${seed})`,
    train: parts.training,
    test: parts.test,
  });
  const pixels = Object.entries(parts).map(([split, { images }]) => oddPixels(images, split));
  const odd = oddClasses({ training: parts.training.labels, test: parts.test.labels }, classes, classNames);
  return { dataset, warnings: [...pixels.filter((line) => line !== undefined), ...odd] };
}

/** What a data set will be. */
export interface CustomCounts {
  readonly shape: ImageShape;
  readonly classes: number;
  readonly trainImages: number;
  readonly testImages: number;
}

/**
 * How many images a data set of the user's has, of what shape: no picture but the first is decoded, and no pixel looked at.
 * @throws {UserError} E_DATA_…, of much that `readCustom` would refuse
 */
export async function countCustom(options: Omit<CustomOptions, 'name' | 'scale'>): Promise<CustomCounts> {
  const { share } = options.test;
  const train = await labelsOf('train', options, options.shape);
  const test = share === undefined ? await labelsOf('test', options, train.shape) : undefined;
  const raw = test === undefined ? [train.labels] : [train.labels, test.labels];
  const { labels, classNames } = numbered(raw, options.classNames);
  const [first, second] = labels as [Uint8Array, Uint8Array?];
  const testImages = second?.length ?? sharedCount(first, share!);
  return {
    shape: train.shape,
    classes: classNames?.length ?? largestOf(labels) + 1,
    trainImages: first.length - (second === undefined ? testImages : 0),
    testImages,
  };
}

const largestOf = (labels: readonly Uint8Array[]): number =>
  Math.max(...labels.map((some) => some.reduce((a, b) => Math.max(a, b), 0)));

/** How many images have each label, as the end of a message. */
function byClass(labels: Iterable<number | string>): string {
  const counts = countsByValue(labels);
  return counts === undefined ? '' : ` Images by class: ${counts}.`;
}

type Splits = Pick<CustomOptions, 'train' | 'test' | 'folder'>;

/** Labels and shape of a split. */
function labelsOf(
  split: 'train' | 'test',
  splits: Splits,
  shape: ImageShape | undefined,
): Promise<Pick<RawSplit, 'labels' | 'shape'>> {
  const pictures = pictureFolder(split, splits);
  return pictures === undefined ? readSplit(split, splits, shape) : lookThrough(pictures, shape);
}

/** Files as the user says them. */
const namedIn =
  (folder: string) =>
  (path: string): Named => ({ path: resolve(folder, path), label: path });

function readSplit(split: 'train' | 'test', splits: Splits, shape: ImageShape | undefined): Promise<RawSplit> {
  const named = namedIn(splits.folder);
  const pictures = pictureFolder(split, splits);
  if (pictures !== undefined) return readFolder(pictures, shape);
  const { images, labels, npz, x, y } = splits[split];
  if (npz !== undefined) return readNpz(named(npz), { images: x ?? `x_${split}`, labels: y ?? `y_${split}` }, shape);
  return readArrays(named(images!), named(labels!), shape);
}

/** Where a split's pictures are, if it is of pictures. */
function pictureFolder(split: 'train' | 'test', splits: Splits): PictureFolder | undefined {
  const { folder, labels } = splits[split];
  if (folder === undefined) return undefined;
  const named = namedIn(splits.folder);
  const other = splits[split === 'train' ? 'test' : 'train'];
  const shared = other.folder !== undefined && named(other.folder).path === named(folder).path;
  const tableOf = (path: string | undefined) => (path === undefined ? undefined : named(path));
  return { folder: named(folder), table: tableOf(labels), otherTable: shared ? tableOf(other.labels) : undefined };
}

type Labels = RawSplit['labels'];

/** Classes of splits as numbers, and the names of the classes where they have any. */
function numbered(
  splits: readonly Labels[],
  given: readonly string[] | undefined,
): { readonly labels: readonly Uint8Array[]; readonly classNames?: readonly string[] } {
  const named = splits.filter((labels): labels is readonly string[] => !(labels instanceof Uint8Array));
  if (named.length === 0)
    return { labels: splits as readonly Uint8Array[], ...(given === undefined ? {} : { classNames: given }) };
  if (named.length < splits.length)
    throw new UserError(
      'E_DATA_LABEL',
      `The classes of one split are names, and those of the other numbers.${byClass(splits.flatMap((labels) => [...labels]))}`,
      'Use the same in both.',
    );
  const found = inOrder(new Set(named.flat()));
  const names = given ?? found.names;
  const counted = () => byClass(named.flat());
  if (names.length > mostClasses)
    throw new UserError(
      'E_DATA_LABEL',
      `There are ${names.length} classes; there may be ${mostClasses}.${counted()}`,
      'Are these the labels?',
    );
  const numbers = new Map(names.map((name, number) => [name, number]));
  const unknown = found.names.find((name) => !numbers.has(name));
  if (unknown !== undefined)
    throw new UserError(
      'E_DATA_LABEL',
      `There are images of the class "${unknown}", which \`classNames\` does not list.${counted()}`,
      `\`classNames\` lists ${firstValues(names)}: add what is missing, or rename the images’ class.`,
    );
  return {
    labels: named.map((labels) => Uint8Array.from(labels, (name) => numbers.get(name)!)),
    ...(given === undefined && found.isNumbers ? {} : { classNames: names }),
  };
}

/**
 * Classes by their names, in an order that no language of the machine changes. Where all are numbers from 0, they are the
 * numbers of the classes, also where one is missing.
 */
function inOrder(found: ReadonlySet<string>): { readonly names: readonly string[]; readonly isNumbers: boolean } {
  const all = [...found];
  if (!all.every((name) => /^\d{1,3}$/.test(name)))
    return { names: all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), isNumbers: false };
  const sorted = all.sort((a, b) => Number(a) - Number(b));
  const isPlain = sorted[0] === '0' && sorted.every((name) => name === String(Number(name)));
  if (!isPlain) return { names: sorted, isNumbers: false };
  return { names: Array.from({ length: Number(sorted.at(-1)) + 1 }, (_, number) => String(number)), isNumbers: true };
}
