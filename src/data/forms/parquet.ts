import { decode } from 'fast-png';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { encodeCifar, imageBytes } from '../formats/cifar.js';
import { readRegular } from '../regular.js';
import type { Part } from '../sources.js';
import { damaged } from './form.js';

/** More than a PNG of an image of CIFAR has; what is packed in it can't become more than a thousand times as much. */
const maximumPng = 8192;
/** For each image: its labels, and the name of its file. */
const rowOverhead = 256;

const side = 32;
const columns = { 1: ['img', 'label'], 2: ['img', 'fine_label', 'coarse_label'] } as const;

/**
 * The records of the parts of a half, in the order of the file, from a Parquet file with a PNG an image.
 * @throws {StageError} E_DATA_FORM
 */
export async function readParquet(path: string, parts: readonly Part[], labelBytes: 1 | 2): Promise<Uint8Array> {
  const count = parts.reduce((sum, { bytes }) => sum + bytes, 0) / (labelBytes + imageBytes);
  const limit = count * (maximumPng + rowOverhead) + 2 ** 20;
  const bytes = await readRegular(path, path, limit);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const metadata = orDamaged(path, () => parquetMetadata(file));
  const size = sizeOf(metadata);
  if (Number(metadata.num_rows) !== count) damaged(path, `it holds ${metadata.num_rows} images, not ${count}`);
  if (!(size <= limit)) damaged(path, `it unpacks to ${size} bytes, more than the ${limit} that it may have`);
  const half: Half = { images: new Uint8Array(count * imageBytes), labels: [] };
  // Only so many rows at a time are in memory as objects.
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowStart = half.labels.length;
    const rowEnd = rowStart + Number(rows);
    const range = { rowStart, rowEnd, columns: [...columns[labelBytes]] };
    const found = await parquetReadObjects({ file, metadata, utf8: false, ...range }).catch((error: Error) =>
      damaged(path, error.message),
    );
    if (found.length !== rowEnd - rowStart || rowEnd > count) damaged(path, 'its groups of rows are damaged');
    for (const row of found) addRow(half, row, path, labelBytes);
  }
  if (half.labels.length !== count) damaged(path, 'its groups of rows are damaged');
  return encodeCifar(half.images, half.labels);
}

interface Half {
  readonly images: Uint8Array;
  readonly labels: Uint8Array[];
}

const sizeOf = ({ row_groups: groups }: FileMetaData): number =>
  groups
    .flatMap((group) => group.columns)
    .reduce((sum, { meta_data: about }) => sum + Number(about?.total_uncompressed_size ?? Number.NaN), 0);

function addRow({ images, labels }: Half, row: Record<string, unknown>, path: string, labelBytes: 1 | 2): void {
  const [image, ...wanted] = columns[labelBytes];
  // The coarse label comes first in a record.
  const label = Uint8Array.from(wanted.toReversed(), (name) => labelOf(row[name], path));
  const png = (row[image] as { bytes?: unknown } | undefined)?.bytes;
  if (!(png instanceof Uint8Array) || png.length > maximumPng) damaged(path, 'one of its images is no PNG');
  const about = orDamaged(path, () => {
    const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
    if (view.getUint32(16) !== side || view.getUint32(20) !== side) throw new Error('one of its images is not 32×32');
    return decode(png);
  });
  if (about.depth !== 8 || about.channels !== 3 || about.data.length !== imageBytes)
    damaged(path, 'one of its images is not of 32×32 pixels in colour');
  images.set(about.data, labels.length * imageBytes);
  labels.push(label);
}

function labelOf(value: unknown, path: string): number {
  const label = Number(value);
  return Number.isInteger(label) && label >= 0 && label < 256 ? label : damaged(path, 'one of its labels is none');
}

/** The libraries throw plain errors for whatever is wrong with a file. */
function orDamaged<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return damaged(path, (error as Error).message);
  }
}
