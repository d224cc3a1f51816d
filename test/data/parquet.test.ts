import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readParquet } from '../../src/data/layouts/parquet.js';
import { tinyCifar10 } from './described.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-parquet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// As much of Thrift's compact protocol as a Parquet file needs.
type Field = readonly [id: number, type: number, value: Uint8Array];
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
};
const int = (id: number, value: number): Field => [id, 5, varint(value * 2)];
const long = (id: number, value: number): Field => [id, 6, varint(value * 2)];
const struct = (...fields: readonly Field[]): Buffer =>
  Buffer.concat([...fields.flatMap(([id, type, value]) => [Buffer.of(type), varint(id * 2), value]), Buffer.of(0)]);
const inner = (id: number, ...fields: readonly Field[]): Field => [id, 12, struct(...fields)];
const text = (value: string) => Buffer.concat([varint(value.length), Buffer.from(value)]);
const list = (id: number, type: number, ...items: readonly Uint8Array[]): Field => [
  id,
  9,
  Buffer.concat([Buffer.of(items.length * 16 + type), ...items]),
];

const magic = Buffer.from('PAR1');
function file(page: Uint8Array, footer: Uint8Array): string {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const path = join(folder, 'file.parquet');
  writeFileSync(path, Buffer.concat([magic, page, footer, length, magic]));
  return path;
}

/** Two rows of numbers as images and labels, both in one page that may claim to hold more. */
function withPage({ values = 2, size, encoding = 0, codec = 0 }: Claims, data: Uint8Array): string {
  const header = struct(
    int(1, 0),
    int(2, size ?? data.length),
    int(3, data.length),
    inner(5, int(1, values), int(2, encoding), int(3, 3), int(4, 3)),
  );
  const page = Buffer.concat([header, data]);
  const column = (name: string) => {
    const about = [int(1, 2), list(2, 5, varint(0)), list(3, 8, text(name)), int(4, codec), long(5, 2)];
    return struct(long(2, 4), inner(3, ...about, long(6, page.length), long(7, page.length), long(9, 4)));
  };
  const names = ['img', 'label'];
  const leaves = names.map((name) => struct(int(1, 2), int(3, 0), [4, 8, text(name)]));
  const schema = [struct([4, 8, text('schema')], int(5, names.length)), ...leaves];
  const group = struct(list(1, 12, ...names.map(column)), long(2, page.length), long(3, 2));
  return file(page, struct(int(1, 1), list(2, 12, ...schema), long(3, 2), list(4, 12, group)));
}
interface Claims {
  readonly values?: number;
  readonly size?: number;
  readonly encoding?: number;
  readonly codec?: number;
}

const [dictionary, delta, snappy] = [8, 5, 1];
const huge = 2 ** 31 - 1;
const tooMuch = 'it claims to hold far more than it has';

describe('Parquet files that claim far more than they have', () => {
  it.each<[string, () => string, string]>([
    [
      'a value that is repeated often',
      () => withPage({ encoding: dictionary }, Buffer.concat([Buffer.of(1), varint(2 ** 31), Buffer.of(0)])),
      tooMuch,
    ],
    [
      'many differences of no bits',
      () => {
        const block = [varint(0), Buffer.of(0, 0, 0, 0)];
        const blocks = Array(2).fill(Buffer.concat(block));
        return withPage(
          { values: 2 ** 28, encoding: delta },
          Buffer.concat([varint(2 ** 30), varint(4), varint(2 ** 28), varint(0), ...blocks]),
        );
      },
      tooMuch,
    ],
    [
      'lists of lists',
      () => {
        const nested = Buffer.concat(Array(200).fill(Buffer.concat([Buffer.of(0xf9), varint(30_000_000)])));
        return file(Buffer.alloc(0), Buffer.concat([Buffer.of(0x29), nested]));
      },
      tooMuch,
    ],
    [
      'a page that unpacks to much',
      () => withPage({ size: huge, codec: snappy }, Buffer.of(255, 255, 255, 255, 7, 0, 1)),
      'premature end of input',
    ],
    ['many values', () => withPage({ values: huge }, Buffer.alloc(16)), ''],
    ['nothing of it', () => withPage({}, Buffer.alloc(16)), 'one of its images is not a PNG'],
  ])('%s', async (_, make, problem) => {
    const path = make();
    const before = process.resourceUsage().maxRSS;
    await expect(readParquet(path, tinyCifar10.published.test, 1)).rejects.toMatchObject({
      code: 'E_DATA_FORM',
      message: expect.stringContaining(`${path} can't be used: ${problem}`),
    });
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 20);
  });
});
