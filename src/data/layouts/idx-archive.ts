import { createHash } from 'node:crypto';
import { UserError } from '../../error.js';
import { inflate } from '../../formats/gzip.js';
import { unzip } from '../../formats/zip.js';
import { readDataFile } from '../data-file.js';
import type { Split } from '../dataset.js';
import { decodeIdx } from '../formats/idx.js';
import type { IdxArchiveFormat, Part } from '../published.js';
import { allParts, damaged, type Layout } from './layout.js';

/** More than the archive has: EMNIST's is of half a gigabyte. */
const limit = 2 ** 31 - 1;

/** A zip archive of compressed IDX files, of which a data set is four. What pins them is the archive's checksum. */
export const idxArchiveLayout = ({ archive, aliases }: IdxArchiveFormat): Layout => ({
  name: 'idx-archive',
  title: `the publisher's ${archive.name}`,
  folders: ['', 'EMNIST/raw', 'raw'],
  files: [[archive.name, ...aliases]],
  async read([path = ''], published) {
    const bytes = readDataFile(path, path, limit);
    if (createHash('md5').update(bytes).digest('hex') !== archive.md5)
      throw new UserError(
        'E_DATA_CHECKSUM',
        `${path} is not ${archive.name} as it was published: its checksum differs.`,
        'Is it complete? Give data of your own another name.',
      );
    const parts = allParts(published);
    const partOf = (name: string): Part | undefined =>
      parts.find((part) => name.endsWith(`/${part.name}.gz`) || name === `${part.name}.gz`);
    const files = await unzip(bytes, limit, (name) => partOf(name) !== undefined).catch((error: Error) =>
      damaged(path, error.message),
    );
    const contents = new Map(
      [...files].map(([name, file]) => {
        const part = partOf(name)!;
        return [part.name, inflate(file, `${name} of ${path}`, part.bytes)] as const;
      }),
    );
    const missing = parts.find((part) => !contents.has(part.name));
    return missing === undefined ? contents : damaged(path, `it holds no ${missing.name}.gz`);
  },
});

/** Images whose rows and columns are exchanged, and labels. @param firstLabel what the label of the first class is */
export function decodeTransposed(
  [images, labels]: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  firstLabel: number,
): Split {
  const { shape, data } = decodeIdx(images!.bytes, images!.name);
  const [count, width, height] = shape as [number, number, number];
  const upright = new Uint8Array(data.length);
  for (let image = 0; image < count; image++) {
    const start = image * width * height;
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) upright[start + y * width + x] = data[start + x * height + y]!;
  }
  const numbers = decodeIdx(labels!.bytes, labels!.name).data;
  if (numbers.some((label) => label < firstLabel)) return damaged(labels!.name, `it holds a label below ${firstLabel}`);
  return { count: numbers.length, images: upright, labels: numbers.map((label) => label - firstLabel) };
}
