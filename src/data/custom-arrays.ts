import { extname } from 'node:path';
import { UserError } from '../error.js';
import { inflateHead, isGzip } from '../formats/gzip.js';
import { decodeNpy, type NpyArray } from '../formats/npy.js';
import { ImportProblem } from '../formats/problem.js';
import { elements } from '../formats/shape.js';
import { countsByValue } from './class-counts.js';
import { checkShape, type ImageShape, pixelsOf, shapeOf } from './custom-images.js';
import { classesOf } from './custom-labels.js';
import { readDataFile } from './data-file.js';
import type { Split } from './dataset.js';
import { decodeIdx } from './formats/idx.js';

/** One split of a data set of the user's, as its files have it. */
export interface RawSplit extends Omit<Split, 'labels'> {
  readonly shape: ImageShape;
  /** Classes by number, or by name. */
  readonly labels: Uint8Array | readonly string[];
}

/** Larger than any array that a task can hold. */
export const maximumBytes = 2 ** 31 - 1;

/**
 * A split from a file of images and one of labels.
 *
 * @param images path, and how messages call the file
 * @param given height, width, channels; from the images' own shape if left out
 */
export async function readArrays(images: Named, labels: Named, given: ImageShape | undefined): Promise<RawSplit> {
  const x = arrayOf(read(images), images.label);
  if (extname(labels.path).toLowerCase() !== '.csv')
    return splitOf(x, arrayOf(read(labels), labels.label), names(images, labels), given);
  const { readLabels } = await import('./formats/label-table.js');
  return splitOf(x, readLabels(read(labels), labels.label), names(images, labels), given);
}

/** A file: where it is, and how messages call it. */
export interface Named {
  readonly path: string;
  readonly label: string;
}

const names = (images: Named, labels: Named) => ({ images: images.label, labels: labels.label });
const read = ({ path, label }: Named) => readDataFile(path, label, maximumBytes);

/** A split from two arrays of one archive of NumPy's. */
export async function readNpz(
  archive: Named,
  arrays: { readonly images: string; readonly labels: string },
  given: ImageShape | undefined,
): Promise<RawSplit> {
  const { unzip } = await import('../formats/zip.js');
  const files = await unzip(read(archive), maximumBytes).catch((error: unknown) => {
    if (!(error instanceof ImportProblem)) throw error;
    throw new UserError(
      'E_DATA_NPY',
      `${archive.label} can't be read: ${error.message}.`,
      'Write it with numpy.savez.',
    );
  });
  const arrayCalled = (name: string): NpyArray => {
    const file = files.get(`${name}.npy`);
    if (file !== undefined) return decodeNpy(file, `The array "${name}" of ${archive.label}`);
    const known = [...files.keys()].map((one) => one.replace(/\.npy$/, '')).join(', ');
    throw new UserError(
      'E_DATA_NPY',
      `${archive.label} holds no array "${name}".`,
      `It holds ${known}: name the right ones with \`x:\` and \`y:\`.`,
    );
  };
  const called = (name: string) => `"${name}" of ${archive.label}`;
  const about = { images: called(arrays.images), labels: called(arrays.labels) };
  return splitOf(arrayCalled(arrays.images), arrayCalled(arrays.labels), about, given);
}

function splitOf(
  x: NpyArray,
  y: NpyArray | readonly string[],
  label: { readonly images: string; readonly labels: string },
  given: ImageShape | undefined,
): RawSplit {
  const labels = 'shape' in y ? classesOf(y, label.labels) : y;
  const shape = given ?? shapeOf(x.shape, label.images);
  checkShape(x.shape, shape, label.images);
  const count = x.data.length / elements(shape);
  if (count !== labels.length) {
    const counts = countsByValue(labels);
    throw new UserError(
      'E_DATA_SHAPE',
      `${label.images} holds ${count} images, but ${label.labels} ${labels.length} labels${counts === undefined ? '' : ` (by class: ${counts})`}.`,
      'There must be one label per image, in the same order.',
    );
  }
  return { shape, count, images: pixelsOf(x, label.images), labels };
}

/** How files begin that hold something else than an array, and what to do with such a file. */
const others: readonly (readonly [start: string, kind: string, hint: string])[] = [
  [
    'PK',
    'a zip archive, as NumPy and PyTorch write them',
    'For an .npz, write `{ npz: FILE }`. A file of torch.save can run code when it is loaded: save its arrays, numpy.save("x.npy", torch.load("x.pt").numpy()).',
  ],
  [
    '\x80',
    'a pickle, as Python and PyTorch write them',
    'A pickle can run code when it is loaded: save its arrays, numpy.save("x.npy", numpy.asarray(x)).',
  ],
  ['\x89PNG', 'one picture', 'Name the folder that holds them all: `{ folder: FOLDER }`.'],
  ['\xff\xd8', 'one picture', 'Name the folder that holds them all: `{ folder: FOLDER }`.'],
  ['\x89HDF', 'an HDF5 file', 'Save its arrays: numpy.save("x.npy", h5py.File("x.h5")["x"][:]).'],
  ['MATLAB 5.0', 'a MATLAB file', 'Save its arrays: numpy.save("x.npy", scipy.io.loadmat("x.mat")["x"]).'],
];

function arrayOf(bytes: Uint8Array, label: string): NpyArray {
  const head = isGzip(bytes) ? inflateHead(bytes, label) : bytes;
  if (head[0] === 0x93) return decodeNpy(bytes, label);
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1');
  for (const [signature, kind, hint] of others)
    if (start.startsWith(signature)) throw new UserError('E_DATA_NPY', `${label} is ${kind}, not an array.`, hint);
  return decodeIdx(bytes, label);
}
