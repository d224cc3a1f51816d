import { resolve } from 'node:path';
import { UserError } from '../error.js';
import { checked } from './acquire.js';
import { readFolder } from './custom-folder.js';
import { type Named, type RawHalf, readArrays, readNpz } from './custom-half.js';
import { type ImageShape, oddPixels } from './custom-images.js';
import { mostClasses, oddClasses } from './custom-labels.js';
import { splitOff } from './custom-split.js';
import type { Dataset, Split } from './dataset.js';

/** Where a half is, in one of these ways. Paths are relative to the file that says them. */
export interface CustomHalf {
  readonly images?: string;
  readonly labels?: string;
  readonly npz?: string;
  readonly x?: string;
  readonly y?: string;
  readonly folder?: string;
  /** Of the test half: what part of the training half it is. */
  readonly share?: number;
  readonly seed?: number;
}

export interface CustomOptions {
  /** What the user calls it. */
  readonly name: string;
  readonly train: CustomHalf;
  readonly test: CustomHalf;
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
  const train = await readHalf('train', options.train, options.folder, options.shape);
  // Both halves are of one shape, whoever says which.
  const { shape } = train;
  const { share, seed = 0 } = options.test;
  const test = share === undefined ? await readHalf('test', options.test, options.folder, shape) : undefined;
  const { halves, classNames } = numbered(test === undefined ? [train] : [train, test], options.classNames);
  const [first, second] = halves as [Split, Split?];
  const parts = second === undefined ? splitOff(first, share!, seed) : { training: first, test: second };
  for (const [half, { count }] of Object.entries(parts))
    if (count === 0)
      throw new UserError('E_DATA_SHAPE', `The ${half} half is empty.`, 'Both halves need images and labels.');
  const largest = Math.max(...Object.values(parts).map(({ labels }) => labels.reduce((a, b) => Math.max(a, b), 0)));
  const classes = classNames?.length ?? largest + 1;
  const dataset = checked({
    name,
    shape,
    classes,
    ...(classNames === undefined ? {} : { classNames }),
    scale,
    source:
      share === undefined ? 'files of the user’s' : `files of the user’s, ${100 * share} % for testing (seed ${seed})`,
    train: parts.training,
    test: parts.test,
  });
  const pixels = Object.entries(parts).map(([half, { images }]) => oddPixels(images, half));
  const labels = oddClasses({ training: parts.training.labels, test: parts.test.labels }, classes);
  return { dataset, warnings: [...pixels.filter((line) => line !== undefined), ...labels] };
}

function readHalf(
  half: 'train' | 'test',
  { images, labels, npz, x, y, folder: pictures }: CustomHalf,
  folder: string,
  shape: ImageShape | undefined,
): Promise<RawHalf> {
  const named = (path: string): Named => ({ path: resolve(folder, path), label: path });
  if (pictures !== undefined)
    return readFolder(named(pictures), labels === undefined ? undefined : named(labels), shape);
  if (npz !== undefined) return readNpz(named(npz), { images: x ?? `x_${half}`, labels: y ?? `y_${half}` }, shape);
  return readArrays(named(images!), named(labels!), shape);
}

/** Halves whose classes are numbers, and the names of the classes where they have any. */
function numbered(
  halves: readonly RawHalf[],
  given: readonly string[] | undefined,
): { readonly halves: readonly Split[]; readonly classNames?: readonly string[] } {
  const split = ({ count, images }: RawHalf, labels: Uint8Array): Split => ({ count, images, labels });
  const named = halves.filter(({ labels }) => !(labels instanceof Uint8Array));
  if (named.length === 0)
    return {
      halves: halves.map((half) => split(half, half.labels as Uint8Array)),
      ...(given === undefined ? {} : { classNames: given }),
    };
  if (named.length < halves.length)
    throw new UserError(
      'E_DATA_LABEL',
      'The classes of one half are names, and those of the other numbers.',
      'Give both in the same way.',
    );
  const found = inOrder(new Set(named.flatMap(({ labels }) => labels as readonly string[])));
  const names = given ?? found.names;
  if (names.length > mostClasses)
    throw new UserError(
      'E_DATA_LABEL',
      `There are ${names.length} classes, and may be ${mostClasses}.`,
      'Are these the labels?',
    );
  const numbers = new Map(names.map((name, number) => [name, number]));
  const unknown = found.names.find((name) => !numbers.has(name));
  if (unknown !== undefined)
    throw new UserError(
      'E_DATA_LABEL',
      `There are images of the class "${unknown}", which \`classNames\` does not list.`,
      `The classes are ${found.names.join(', ')}.`,
    );
  return {
    halves: named.map((half) =>
      split(
        half,
        Uint8Array.from(half.labels as readonly string[], (name) => numbers.get(name)!),
      ),
    ),
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
