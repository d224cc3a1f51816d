import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { encodeCifar, imageBytes } from '../formats/cifar.js';
import { decodePng } from '../formats/png.js';

/** What a file must hold. */
export interface ParquetRequest {
  /** Images. */
  readonly count: number;
  readonly labelBytes: 1 | 2;
  /** Bytes that an image may have. */
  readonly imageLimit: number;
  /** Bytes that it may unpack to. */
  readonly limit: number;
}

const side = 32;
const columns = { 1: ['img', 'label'], 2: ['img', 'fine_label', 'coarse_label'] } as const;

/**
 * Images and labels of a Parquet file with a PNG an image, as records of CIFAR's binary version.
 * @throws {Error} with the problem as its message: the libraries throw plain errors for whatever is wrong with a file
 */
export async function recordsOfParquet(file: ArrayBuffer, request: ParquetRequest): Promise<Uint8Array> {
  const { count, limit } = request;
  const metadata = parquetMetadata(file);
  const size = sizeOf(metadata);
  if (Number(metadata.num_rows) !== count) throw new Error(`it holds ${metadata.num_rows} images, not ${count}`);
  if (!(size <= limit)) throw new Error(`it unpacks to ${size} bytes, more than the ${limit} allowed`);
  const split: Rows = { images: new Uint8Array(count * imageBytes), labels: [] };
  // Only so many rows at a time are in memory as objects.
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowStart = split.labels.length;
    const rowEnd = rowStart + Number(rows);
    if (!(rowEnd <= count)) throw new Error('its groups of rows are damaged');
    const range = { rowStart, rowEnd, columns: [...columns[request.labelBytes]] };
    const found = await parquetReadObjects({ file, metadata, utf8: false, ...range });
    if (found.length !== rowEnd - rowStart) throw new Error('its groups of rows are damaged');
    for (const row of found) addRow(split, row, request);
  }
  if (split.labels.length !== count) throw new Error('its groups of rows are damaged');
  return encodeCifar(split.images, split.labels);
}

interface Rows {
  readonly images: Uint8Array;
  readonly labels: Uint8Array[];
}

const sizeOf = ({ row_groups: groups }: FileMetaData): number =>
  groups
    .flatMap((group) => group.columns)
    .reduce((sum, { meta_data: about }) => sum + Number(about?.total_uncompressed_size ?? Number.NaN), 0);

function addRow({ images, labels }: Rows, row: Record<string, unknown>, request: ParquetRequest): void {
  const [image, ...wanted] = columns[request.labelBytes];
  // The coarse label comes first in a record.
  const label = Uint8Array.from(wanted.toReversed(), (name) => labelOf(row[name]));
  const png = (row[image] as { bytes?: unknown } | undefined)?.bytes;
  if (!(png instanceof Uint8Array) || png.length > request.imageLimit)
    throw new Error('one of its images is not a PNG');
  images.set(decodePng(png, side, side), labels.length * imageBytes);
  labels.push(label);
}

function labelOf(value: unknown): number {
  const label = Number(value);
  if (!Number.isInteger(label) || label < 0 || label > 255) throw new Error('one of its labels is not a class number');
  return label;
}
