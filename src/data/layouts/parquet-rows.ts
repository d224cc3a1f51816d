import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { imageBytes, writeRecord } from '../formats/cifar.js';
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
 * Images and labels of a Parquet file with a PNG an image, as records of CIFAR's binary version. Of the file, only a group of
 * rows is in memory at a time.
 *
 * @throws {Error} with the problem as its message: the libraries throw plain errors for whatever is wrong with a file
 */
export async function recordsOfParquet(file: AsyncBuffer, request: ParquetRequest): Promise<Uint8Array<ArrayBuffer>> {
  const { count, limit, labelBytes } = request;
  const metadata = await parquetMetadataAsync(file);
  const size = sizeOf(metadata);
  if (Number(metadata.num_rows) !== count) throw new Error(`it holds ${metadata.num_rows} images, not ${count}`);
  if (!(size <= limit)) throw new Error(`it unpacks to ${size} bytes, more than the ${limit} allowed`);
  const record = labelBytes + imageBytes;
  const records = new Uint8Array(count * record);
  let done = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowStart = done;
    const rowEnd = rowStart + Number(rows);
    if (!(rowEnd <= count)) throw new Error('its groups of rows are damaged');
    const range = { rowStart, rowEnd, columns: [...columns[labelBytes]] };
    const found = await parquetReadObjects({ file, metadata, utf8: false, ...range });
    if (found.length !== rowEnd - rowStart) throw new Error('its groups of rows are damaged');
    for (const row of found) addRow(records.subarray(record * done++), row, request);
  }
  if (done !== count) throw new Error('its groups of rows are damaged');
  return records;
}

const sizeOf = ({ row_groups: groups }: FileMetaData): number =>
  groups
    .flatMap((group) => group.columns)
    .reduce((sum, { meta_data: about }) => sum + Number(about?.total_uncompressed_size ?? Number.NaN), 0);

function addRow(record: Uint8Array, row: Record<string, unknown>, request: ParquetRequest): void {
  const [image, ...wanted] = columns[request.labelBytes];
  // The coarse label comes first in a record.
  const label = Uint8Array.from(wanted.toReversed(), (name) => labelOf(row[name]));
  const png = (row[image] as { bytes?: unknown } | undefined)?.bytes;
  if (!(png instanceof Uint8Array) || png.length > request.imageLimit)
    throw new Error('one of its images is not a PNG');
  writeRecord(record, label, decodePng(png, side, side));
}

function labelOf(value: unknown): number {
  const label = Number(value);
  if (!Number.isInteger(label) || label < 0 || label > 255) throw new Error('one of its labels is not a class number');
  return label;
}
