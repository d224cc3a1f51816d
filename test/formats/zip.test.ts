import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unzip, zip } from '../../src/formats/zip.js';

/** An entry of the directory at the end. */
interface Entry {
  readonly name: string;
  /** In place of that in the header before the data. */
  readonly header?: string;
  readonly packed: Uint8Array;
  readonly size: number;
  readonly sum: number;
  /** Where it lies, if not behind the one before. */
  readonly at?: number;
}

function archive(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, header = name, packed, size, sum, at } of entries) {
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(sum, 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(size, 18);
    about.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at ?? position, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), about, rest, Buffer.from(name));
    if (at !== undefined) continue;
    const part = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), about, Buffer.from(header), packed]);
    parts.push(part);
    position += part.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function entry(name: string, bytes: Uint8Array, other: Partial<Entry> = {}): Entry {
  return { name, packed: deflateRawSync(bytes), size: bytes.length, sum: crc32(bytes), ...other };
}

const limit = 10 * 2 ** 20;
const zeros = new Uint8Array(8 * 2 ** 20);
const bomb = entry('0', zeros);
const text = Buffer.from('what it holds');

describe('zip archives', () => {
  it('are read', async () => {
    expect([...(await unzip(archive([entry('a', text), entry('b', text.subarray(1))]), limit))]).toEqual([
      ['a', new Uint8Array(text)],
      ['b', new Uint8Array(text.subarray(1))],
    ]);
  });

  it.each<[string, () => Promise<Uint8Array> | Uint8Array, object]>([
    [
      'one place under many names',
      () => archive([bomb, ...Array.from({ length: 500 }, (_, i) => ({ ...bomb, name: `${i + 1}`, at: 0 }))]),
      { code: 'E_IMPORT_UNSAFE' },
    ],
    [
      'one place under two names',
      () => archive([entry('a', text), entry('b', text, { at: 0 })]),
      { code: 'E_IMPORT_UNSAFE' },
    ],
    ['more than is claimed', () => archive([entry('a', zeros, { size: 1000 })]), { code: 'E_IMPORT_UNSAFE' }],
    ['less than is claimed', () => archive([entry('a', text, { size: 100_000 })]), { code: 'E_IMPORT_FORMAT' }],
    [
      'more in all than there may be',
      () => archive([entry('a', zeros), entry('b', zeros)]),
      { code: 'E_IMPORT_UNSAFE' },
    ],
    ['two files of one name', () => archive([entry('a', text), entry('a', text)]), { code: 'E_IMPORT_UNSAFE' }],
    ['another name before the data', () => archive([entry('a', text, { header: 'b' })]), { code: 'E_IMPORT_UNSAFE' }],
    [
      'a folder',
      () => archive([entry('a/', new Uint8Array(0))]),
      { code: 'E_IMPORT_FORMAT', message: 'it holds the folder "a/"' },
    ],
    ['a path out of it', () => archive([entry('../a', text)]), { code: 'E_IMPORT_UNSAFE' }],
    [
      'an archive in front',
      async () => Buffer.concat([await zip(new Map([['a', text]])), archive([entry('b', text)])]),
      { code: 'E_IMPORT_UNSAFE' },
    ],
    [
      'more files than anything has',
      () => archive(Array.from({ length: 4097 }, (_, i) => entry(String(i), new Uint8Array(0)))),
      { code: 'E_IMPORT_UNSAFE', message: 'it holds 4097 files, more than the 4096 allowed' },
    ],
    ['a wrong checksum', () => archive([entry('a', text, { sum: 1 })]), { code: 'E_IMPORT_FORMAT' }],
    ['an end too early', () => archive([entry('a', text)]).subarray(0, -1), { code: 'E_IMPORT_FORMAT' }],
  ])('are refused with %s', async (_, make, problem) => {
    await expect(unzip(await make(), limit)).rejects.toMatchObject({ name: 'ImportProblem', ...problem });
  });

  it('are not unpacked where they claim far more than they have, but for what is small', async () => {
    const many = new Uint8Array(80 * 2 ** 20);
    const nothing = 'no arrays compress that well';
    await expect(unzip(archive([entry('a', many)]), 2 ** 30)).rejects.toThrow(nothing);
    const some = entry('a', many.subarray(2 ** 25));
    await expect(unzip(archive([some, { ...some, name: 'b' }]), 2 ** 30)).rejects.toThrow(nothing);
    expect((await unzip(archive([some]), 2 ** 30)).get('a')).toHaveLength(48 * 2 ** 20);
  });
});
