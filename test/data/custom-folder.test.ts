import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, describe, expect, it } from 'vitest';
import { type CustomOptions, type CustomSplit, readCustom } from '../../src/data/custom.js';
import { digestBytes } from '../../src/files/digest.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { writeArrays } from '../../src/formats/npz.js';
import { zip } from '../../src/formats/zip.js';
import { asCounted } from './counted.js';

const root = mkdtempSync(join(tmpdir(), 'spikeline-pictures-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
/** A folder with files, by their paths below it. */
function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = String(++folders);
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

const [width, height] = [3, 2];
const grey = (value: number) =>
  encodePng({ width, height, channels: 1, depth: 8, data: new Uint8Array(6).fill(value) });
const colour = (value: number) =>
  encodePng({ width, height, channels: 3, depth: 8, data: Uint8Array.from({ length: 18 }, (_, i) => value + i) });
async function read(train: CustomSplit, test: CustomSplit = train, more: Partial<CustomOptions> = {}) {
  const about: CustomOptions = { name: 'mine', train, test, scale: 255, folder: root, ...more };
  return asCounted(about, await readCustom(about));
}

/** What a split is refused with. */
async function refusal(split: CustomSplit, more: Partial<CustomOptions> = {}): Promise<string> {
  const error = await read(split, split, more).then(
    () => expect.unreachable(),
    (reason: unknown) => reason as Error & { hint?: string },
  );
  return `${error.message} ${error.hint ?? ''}`;
}

const animals = {
  'dog/2.png': grey(20),
  'dog/10.png': grey(10),
  'cat/a.PNG': grey(130),
  'cat/.hidden.png': 'x',
  'notes.txt': '',
};

describe('a folder of pictures', () => {
  it('has classes by the names of its folders, and images by those of its files', async () => {
    const { dataset, warnings } = await read({ folder: folderOf(animals) });
    expect(dataset).toMatchObject({ name: 'mine', shape: [2, 3, 1], classes: 2, classNames: ['cat', 'dog'] });
    const { labels, images } = dataset.train;
    expect([[...labels], [images[0], images[6], images[12]]]).toEqual([
      [0, 1, 1],
      [130, 10, 20],
    ]);
    expect(warnings).toEqual([]);
  });

  it('has the classes of both splits, in the order that is said', async () => {
    const [train, test] = [{ folder: folderOf(animals) }, { folder: folderOf({ 'bird/b.png': grey(40) }) }];
    const found = await read(train, test);
    expect([found.dataset.classNames, [...found.dataset.test.labels]]).toEqual([['bird', 'cat', 'dog'], [0]]);
    expect(found.warnings).toEqual([
      'All pixels of the test split are 40.',
      'The training split has no image of class "bird". Images by class: training bird: 0, cat: 1, dog: 2; test bird: 1, cat: 0, dog: 0. A single image can’t be in both splits.',
      'The test split has no image of classes "cat", "dog". Put some there, or let `test: { share: 0.2 }` take a share of each class.',
    ]);
    const said = await read(train, test, { classNames: ['dog', 'cat', 'bird'] });
    expect([...said.dataset.train.labels, ...said.dataset.test.labels]).toEqual([1, 0, 0, 2]);
    await expect(read(train, test, { classNames: ['dog', 'cat'] })).rejects.toMatchObject({
      code: 'E_DATA_LABEL',
      message:
        'There are images of the class "bird", which `classNames` does not list. Images by class: bird: 1, cat: 1, dog: 2.',
      hint: '`classNames` lists dog, cat: add what is missing, or rename the images’ class.',
    });
  });

  it('warns of classes whose names are one but for capitals', async () => {
    const [train, test] = ['disc', 'Disc'].map((name) => ({
      folder: folderOf({ 'cross/a.png': grey(1), 'cross/b.png': grey(200), [`${name}/c.png`]: grey(90) }),
    }));
    const { warnings } = await read(train!, test);
    expect(warnings[0]).toBe(
      'The classes "Disc" and "disc" differ in nothing but capitals, spaces and dashes. Images by class: training Disc: 0, cross: 2, disc: 1; test Disc: 1, cross: 2, disc: 0. If they are one, give them the same name.',
    );
    expect(warnings).toHaveLength(3);
  });

  it.each([
    ['of another format', 'cat/b.webp', ' holds b.webp, which is no PNG or JPEG by its name.'],
    ['in a folder of its own', 'cat/more/b.png', ' holds pictures, but those of a class lie in its folder alone.'],
    ['beside the classes', 'b.jpg', ' holds b.jpg beside the folders of its classes.'],
  ])('refuses a picture that would be left out: one %s', async (_, path, problem) => {
    expect(await refusal({ folder: folderOf({ ...animals, [path]: grey(1) }) })).toContain(problem);
  });

  it('leaves out what is no picture, and what systems hide', async () => {
    const others = { 'cat/Thumbs.db': '', 'cat/notes/a.txt': '', '__MACOSX/cat/._a.png': 'x', 'cat/._a.webp': 'x' };
    expect((await read({ folder: folderOf({ ...animals, ...others }) })).warnings).toEqual([]);
  });

  it('may call its classes by their numbers', async () => {
    const files = { '10/a.png': grey(1), '2/a.png': grey(2), '0/a.png': grey(3) };
    const { dataset } = await read({ folder: folderOf(files) });
    expect([dataset.classNames, dataset.classes, [...dataset.train.labels]]).toEqual([undefined, 11, [0, 10, 2]]);
  });

  it('may have a table of classes', async () => {
    const folder = folderOf({
      'b.png': grey(1),
      'a.png': grey(2),
      'labels.csv': 'file,label\nb.png,"cat, big"\na.png,dog\n',
    });
    const { dataset } = await read({ folder, labels: `${folder}/labels.csv` });
    expect([dataset.classNames, [...dataset.train.labels]]).toEqual([
      ['cat, big', 'dog'],
      [0, 1],
    ]);
  });

  it('may hold both splits, each with its table', async () => {
    const folder = folderOf({
      ...Object.fromEntries([1, 2, 3].map((value) => [`${value}.png`, grey(value)])),
      'train.csv': 'id,label\n1,cat\n2,dog\n',
      'test.csv': 'id,label\n3,dog\n',
    });
    const [train, test] = ['train', 'test'].map((split) => ({ folder, labels: `${folder}/${split}.csv` }));
    const { dataset } = await read(train!, test);
    expect([dataset.train, dataset.test].map(({ images, labels }) => [images[0], [...labels]])).toEqual([
      [1, [0, 1]],
      [3, [1]],
    ]);
    // The other split's table is no excuse where that is of another folder.
    const elsewhere = folderOf({ '3.png': grey(3), 'test.csv': '3,dog\n' });
    await expect(read(train!, { folder: elsewhere, labels: `${elsewhere}/test.csv` })).rejects.toThrow('holds 3.png');
  });

  it('is not taken for one of classes that are called like splits', async () => {
    const files = (names: readonly string[]) => Object.fromEntries(names.map((name) => [`${name}/1.png`, grey(1)]));
    for (const names of [
      ['train', 'test'],
      ['Train', 'val', 'more'],
      ['training/cat', 'validation/cat'],
    ])
      expect(await refusal({ folder: folderOf(files(names)) })).toContain('which look like splits');
    const folder = folderOf(files(['train', 'test']));
    expect(await refusal({ folder })).toContain(
      `Write train: { folder: ${folder}/train }, test: { folder: ${folder}/test }.`,
    );
    const { dataset } = await read({ folder: folderOf(files(['bus', 'train'])) });
    expect(dataset.classNames).toEqual(['bus', 'train']);
  });

  it('is split by a share of each class, the same whenever it is asked', async () => {
    const files = ['cat', 'dog'].flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => [`${name}/${i}.png`, grey(i)] as const),
    );
    const split = { folder: folderOf(Object.fromEntries(files)) };
    const { dataset } = await read(split, { share: 0.3 });
    const { train, test, source } = dataset;
    expect([train.count, test.count, source]).toEqual([14, 6, 'the user’s own files, 30 % for testing (seed 0)']);
    expect([...test.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    const values = ({ images, labels }: typeof train) => [...labels].map((label, i) => `${label} ${images[6 * i]}`);
    expect(new Set([...values(train), ...values(test)]).size).toBe(20);
    expect((await read(split, { share: 0.3 })).dataset).toEqual(dataset);
    expect((await read(split, { share: 0.3, seed: 1 })).dataset.test).not.toEqual(test);
  });

  it('may be of JPEG files, whose pixels are the same everywhere', async () => {
    const data = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
    const folder = folderOf({ 'a/a.jpg': encodeJpeg({ width: 16, height: 16, data }, 90).data });
    const { dataset } = await read({ folder });
    expect([dataset.shape, digestBytes(dataset.train.images)]).toEqual([
      [16, 16, 3],
      'sha256:6a0eea3806d6bbbe21173aef8c5bfe8a5043580b10d1824461cd605cd02434b2',
    ]);
  });

  it('may have palettes, few bits, and channels of transparency that nothing is transparent by', async () => {
    // 3×2 pixels of two bits: 0 1 2, and 3 2 1.
    const bits = { width, height, channels: 1, depth: 2, data: Uint8Array.of(0b00011000, 0b11100100) } as const;
    const opaque = {
      width,
      height,
      channels: 2,
      depth: 8,
      data: Uint8Array.from({ length: 12 }, (_, i) => (i % 2 ? 255 : i)),
    } as const;
    const few = await read({ folder: folderOf({ 'a/a.png': encodePng(bits) }) });
    expect([...few.dataset.train.images]).toEqual([0, 85, 170, 255, 170, 85]);
    const plain = await read({ folder: folderOf({ 'a/a.png': encodePng(opaque) }) });
    expect([...plain.dataset.train.images]).toEqual([0, 2, 4, 6, 8, 10]);
  });

  it.each<[string, Readonly<Record<string, Uint8Array | string>>, readonly string[]]>([
    [
      'pictures of another size',
      {
        'a/1.png': grey(1),
        'a/2.png': encodePng({ width: 2, height: 2, channels: 1, depth: 8, data: new Uint8Array(4) }),
      },
      ['a/2.png has 2×2 pixels, but those of a/1.png are 2×3', 'Image.open(p).resize((3, 2)).save(p)'],
    ],
    ['colour among grey', { 'a/1.png': grey(1), 'a/2.png': colour(1) }, ['is in colour', 'convert("L")']],
    ['no folders of classes', { '1.png': grey(1) }, ['lie directly in it', 'a CSV of file names']],
    ['no pictures', { 'a/1.txt': '' }, ['holds no pictures', 'PNG or JPEG']],
    ['what is no picture', { 'a/1.png': 'GIF89a' }, ['a/1.png', 'neither a PNG nor a JPEG']],
    ['split a picture', { 'a/1.png': grey(1).slice(0, 50) }, ["a/1.png can't be read"]],
    [
      'transparent pictures',
      { 'a/1.png': encodePng({ width, height, channels: 2, depth: 8, data: new Uint8Array(12) }) },
      ['transparent in places', 'convert("RGB")'],
    ],
  ])('refuses %s, and says what to do', async (_, files, words) => {
    const told = await refusal({ folder: folderOf(files) });
    for (const word of words) expect(told).toContain(word);
  });

  it('refuses tables that do not fit, and folders that are not there', async () => {
    const table = (rows: string) => {
      const folder = folderOf({ 'a.png': grey(1), 't.csv': rows });
      return refusal({ folder, labels: `${folder}/t.csv` });
    };
    expect(await table('a.png,cat\nb.png,dog\n')).toContain('names b.png, which is not in');
    expect(await table('label\ncat\n')).toContain('has one column');
    expect(await table('a.png,cat\na.png,dog\n')).toContain(
      'it is "cat", and that it is "dog". Images by label: cat: 1, dog: 1.',
    );
    expect(await table('file,label\na.png,\n')).toContain('t.csv has no label in row 1 of 1.');
    expect(await table('file,label\n')).toContain('gives no class for it');
    expect(await refusal({ folder: 'none' })).toContain('none is not a folder.');
  });
});

const images = { shape: [4, 2, 3], data: Uint8Array.from({ length: 24 }, (_, i) => i) };
const labels = { shape: [4], data: Uint8Array.of(0, 1, 0, 1) };

describe('arrays and tables', () => {
  it('come from one archive of NumPy’s, by the usual names or by others', async () => {
    const usual = { x_train: images, y_train: labels, x_test: images, y_test: labels };
    const folder = folderOf({
      'a.npz': await writeArrays(usual),
      'b.npz': await writeArrays({ x: images, y: labels }),
    });
    const first = await read({ npz: `${folder}/a.npz` });
    const second = await read({ npz: `${folder}/b.npz`, x: 'x', y: 'y' });
    expect(second.dataset.train).toEqual(first.dataset.test);
    expect(await refusal({ npz: `${folder}/b.npz` })).toContain('holds no array "x_train". It holds x, y');
  });

  it.each([
    ['numbers below a heading', 'label\n0\n1\n0\n1\n', undefined],
    ['numbers beside others', 'y,size\n0,7\n1,7\n0,7\n1,7\n', undefined],
    ['whole numbers in floats', 'y\n0.0\n1.0\n0.0\n1.0\n', undefined],
    ['names', 'cat\ndog\ncat\ndog\n', ['cat', 'dog']],
  ])('take labels from CSV: %s', async (_, text, names) => {
    const folder = folderOf({ 'x.npy': encodeNpy(images), 'y.csv': text });
    const { dataset } = await read({ images: `${folder}/x.npy`, labels: `${folder}/y.csv` });
    expect([dataset.classNames, [...dataset.train.labels]]).toEqual([names, [0, 1, 0, 1]]);
  });

  it('say where a label is missing, and how many there are of the others', async () => {
    const folder = folderOf({ 'x.npy': encodeNpy(images), 'y.csv': 'id,label\n7,0\n8,1\n9,\n10,1\n' });
    expect(await refusal({ images: `${folder}/x.npy`, labels: `${folder}/y.csv` })).toContain(
      'y.csv has no label in row 3 of 4. Images by label: 0: 1, 1: 2.',
    );
  });

  it('have as many classes as are named', async () => {
    const folder = folderOf({
      'x.npy': encodeNpy(images),
      'y.npy': encodeNpy({ shape: [4], data: Uint8Array.of(1, 2, 3, 3) }),
    });
    const told = await refusal(
      { images: `${folder}/x.npy`, labels: `${folder}/y.npy` },
      { classNames: ['a', 'b', 'c'] },
    );
    for (const word of ['Label 2 of the train split is 3', 'Images by label: 1: 1, 2: 1, 3: 2.', 'save y - 1'])
      expect(told).toContain(word);
  });

  it.each<[string, Uint8Array | Promise<Uint8Array>, string]>([
    ['files of torch.save', zip(new Map([['archive/data.pkl', Uint8Array.of(0x80)]])), 'torch.load("x.pt").numpy()'],
    ['older ones', Buffer.from('8002', 'hex'), 'A pickle can run code'],
    ['pictures', grey(1), '{ folder: FOLDER }'],
    ['HDF5', Buffer.from('\x89HDF\r\n', 'latin1'), 'h5py.File'],
  ])('refuse %s, and say what to save', async (_, bytes, words) => {
    const folder = folderOf({ x: await bytes, 'y.npy': encodeNpy(labels) });
    expect(await refusal({ images: `${folder}/x`, labels: `${folder}/y.npy` })).toContain(words);
  });
});
