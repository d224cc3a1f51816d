import { PickledArray, type PickleValue } from '../../formats/pickle/pickled.js';
import { readPickle } from '../../formats/pickle/read-pickle.js';
import { ImportProblem } from '../../formats/problem.js';
import { readDataFile } from '../data-file.js';
import { readMembers } from '../extract.js';
import { imageBytes } from '../formats/cifar.js';
import type { CifarFormat, Part, PublishedDataset } from '../published.js';
import { parquetNames } from '../sources.js';
import { allParts, type Contents, damaged, digestOf, type Layout } from './layout.js';

/** What a pickle may have beside its images, for each: labels, and the names of files. */
const pickleOverhead = 200;

const pythonName = (part: string): string => part.replace(/\.bin$/, '');
/** In pickles of protocol 2, Python 3 writes bytes from 128 on as two. */
const pickleLimit = ({ bytes }: Part): number => 2 * bytes + Math.ceil(bytes / imageBytes) * pickleOverhead + 2 ** 16;

/** @param parts names of the files of the binary version */
export function cifarLayouts(format: CifarFormat, parts: readonly string[]): readonly Layout[] {
  return [...binaryLayouts(format, parts), ...pythonLayouts(format, parts), parquetLayout(format)];
}

function binaryLayouts({ binaryFolder, binaryArchive }: CifarFormat, parts: readonly string[]): readonly Layout[] {
  return [
    {
      name: 'binary-archive',
      title: binaryArchive,
      folders: [''],
      files: [[binaryArchive]],
      read: async ([path], published) => {
        const limits = allParts(published).map(({ name, bytes }) => [`${binaryFolder}/${name}`, bytes] as const);
        return withoutFolder(await readMembers(path!, new Map(limits)), binaryFolder);
      },
    },
    {
      name: 'binary-folder',
      title: binaryFolder,
      folders: ['', binaryFolder],
      files: parts.map((part) => [part]),
      read: (paths, published) =>
        eachPart(published, async (part, i) => readDataFile(paths[i]!, paths[i]!, part.bytes)),
    },
  ];
}

function pythonLayouts(
  { labelBytes, pythonFolder, pythonArchives }: CifarFormat,
  parts: readonly string[],
): readonly Layout[] {
  const title = `Python version, ${pythonFolder}`;
  return [
    {
      name: 'python-folder',
      title,
      // Keras 3 unpacks into folders of its own.
      folders: ['', pythonFolder, `*/${pythonFolder}`],
      files: parts.map((part) => [pythonName(part)]),
      read: (paths, published) =>
        eachPart(published, async (part, i) => {
          const path = paths[i]!;
          return fromPickle(readDataFile(path, path, pickleLimit(part)), part, labelBytes, path);
        }),
    },
    {
      name: 'python-archive',
      title,
      folders: [''],
      files: [pythonArchives],
      read: async ([path], published) => {
        const inside = (part: Part) => `${pythonFolder}/${pythonName(part.name)}`;
        const limits = new Map(allParts(published).map((part) => [inside(part), pickleLimit(part)]));
        const members = await readMembers(path!, limits);
        return eachPart(published, async (part) => {
          const name = inside(part);
          const bytes = members.get(name)!;
          members.delete(name);
          return fromPickle(bytes, part, labelBytes, `${path} (${name})`);
        });
      },
    },
  ];
}

const parquetLayout = ({ labelBytes, hub }: CifarFormat): Layout => ({
  name: 'parquet',
  title: "Hugging Face's Parquet files",
  folders: ['', hub.folder, `datasets--${hub.repository.replace('/', '--')}/snapshots/*/${hub.folder}`],
  files: parquetNames.map((name) => [name]),
  read: async (paths, published) => {
    const { readParquet } = await import('./parquet.js');
    const contents: Contents = new Map();
    for (const [i, parts] of [published.train, published.test].entries()) {
      const bytes = await readParquet(paths[i]!, parts, labelBytes);
      for (const [name, part] of inOrder(bytes, parts)) contents.set(name, part);
    }
    return contents;
  },
});

async function eachPart(
  published: PublishedDataset,
  read: (part: Part, index: number) => Promise<Uint8Array>,
): Promise<Contents> {
  const contents: Contents = new Map();
  for (const [i, part] of allParts(published).entries()) contents.set(part.name, await read(part, i));
  return contents;
}

const withoutFolder = (members: ReadonlyMap<string, Uint8Array>, folder: string): Contents =>
  new Map([...members].map(([name, bytes]) => [name.slice(folder.length + 1), bytes]));

/** The records of a part, from a dictionary of images and labels in Python. */
function fromPickle(bytes: Uint8Array, part: Part, labelBytes: 1 | 2, path: string): Uint8Array {
  let value: PickleValue;
  try {
    value = readPickle(bytes);
  } catch (error) {
    if (error instanceof ImportProblem) return damaged(path, error.message);
    throw error;
  }
  if (!(value instanceof Map)) return damaged(path, 'it does not hold a dictionary');
  const images = value.get('data');
  const names = labelBytes === 1 ? ['labels'] : ['coarse_labels', 'fine_labels'];
  const lists = names.map((name) => {
    const list = value.get(name);
    if (!isBytes(list)) return damaged(path, `it holds no list "${name}" of labels`);
    return list;
  });
  const count = lists[0]!.length;
  if (!(images instanceof PickledArray) || !(images.data instanceof Uint8Array) || images.columnMajor)
    return damaged(path, 'it holds no array "data" of bytes');
  const { data } = images;
  if (images.dtype !== '|u1' || data.length !== count * imageBytes || lists.some((list) => list.length !== count))
    return damaged(path, 'its images and labels do not belong together');
  if (count * (names.length + imageBytes) !== part.bytes) return damaged(path, `it holds ${count} images`);
  return recordsOf(data, lists);
}

const isBytes = (value: PickleValue | undefined): value is number[] =>
  Array.isArray(value) && value.every((label) => Number.isInteger(label) && Number(label) >= 0 && Number(label) < 256);

/** Records of the binary version. @param images in planes of red, green and blue, as there */
function recordsOf(images: Uint8Array, lists: readonly (readonly number[])[]): Uint8Array {
  const record = lists.length + imageBytes;
  const bytes = new Uint8Array((images.length / imageBytes) * record);
  for (let n = 0, at = 0; at < bytes.length; n++, at += record) {
    for (const [i, labels] of lists.entries()) bytes[at + i] = labels[n]!;
    bytes.set(images.subarray(n * imageBytes, (n + 1) * imageBytes), at + lists.length);
  }
  return bytes;
}

/**
 * Cuts the records of a split into its parts. Hugging Face has them in the order in which the archive of the Python
 * version holds them, which is not that of their numbers: what they hold tells which is which. Parts of one size are brought
 * into their order in memory, so that nobody has to copy them to have them one behind the other.
 */
function* inOrder(bytes: Uint8Array, parts: readonly Part[]): Generator<[name: string, bytes: Uint8Array]> {
  const places = parts.map((_, i) => parts.slice(0, i).reduce((sum, { bytes: size }) => sum + size, 0));
  const piece = (i: number) => bytes.subarray(places[i], places[i]! + parts[i]!.bytes);
  for (const [i, part] of parts.entries()) {
    const rest = parts.map((_, k) => k).slice(i);
    const found = rest.find((k) => digestOf(piece(k), part) === part.digest);
    if (found !== undefined && found !== i && parts[found]!.bytes === part.bytes) exchange(piece(i), piece(found));
    yield [part.name, piece(i)];
  }
}

/** At a time. */
const exchanged = 1 << 20;

function exchange(a: Uint8Array, b: Uint8Array): void {
  for (let at = 0; at < a.length; at += exchanged) {
    const [one, other] = [a, b].map((bytes) => bytes.subarray(at, at + exchanged)) as [Uint8Array, Uint8Array];
    const kept = one.slice();
    one.set(other);
    other.set(kept);
  }
}
