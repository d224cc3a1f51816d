import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CustomDataset, readCustom } from '../../src/data/custom.js';
import type { ImageShape } from '../../src/data/custom-images.js';
import { encodeIdx } from '../../src/data/formats/idx.js';
import { UserError } from '../../src/error.js';
import { encodeNpy, type NpyArray, type NpyData } from '../../src/formats/npy.js';
import { permute } from '../../src/formats/shape.js';
import { asCounted } from './counted.js';

const [count, classes] = [24, 4];
const image: ImageShape = [2, 5, 3];
const folder = mkdtempSync(join(tmpdir(), 'spikeline-custom-'));
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (length: number, of: (i: number) => number) => Array.from({ length }, (_, i) => of(i));
const pixels = Uint8Array.from(numbers(count * 30, (i) => (i * 7) % 256));
const classOf = (i: number) => i % classes;
const images: NpyArray = { shape: [count, ...image], data: pixels };
const labels: NpyArray = { shape: [count], data: Uint8Array.from(numbers(count, classOf)) };
const labelsAs = (data: NpyData, shape = [count]): NpyArray => ({ shape, data });

interface Given {
  readonly x?: NpyArray;
  readonly y?: NpyArray;
  readonly test?: readonly [x: NpyArray, y: NpyArray];
  readonly shape?: ImageShape | undefined;
}

let files = 0;
function save(array: NpyArray): string {
  const name = `${++files}.npy`;
  writeFileSync(join(folder, name), encodeNpy(array));
  return name;
}

async function read({ x = images, y = labels, test = [x, y], ...rest }: Given): Promise<CustomDataset> {
  const split = (of: readonly [NpyArray, NpyArray]) => ({ images: save(of[0]), labels: save(of[1]) });
  const shape = 'shape' in rest ? rest.shape : image;
  const about = { train: split([x, y]), test: split(test), ...(shape === undefined ? {} : { shape }), folder };
  return asCounted(about, await readCustom({ ...about, name: 'mine', scale: 255 }));
}

/** What it is refused with: message and hint. */
async function refusal(given: Given): Promise<string> {
  const error = await read(given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message, hint } = error as UserError;
  return `${message} ${hint ?? ''}`;
}

const floats = (of: (pixel: number) => number): NpyArray => ({
  shape: images.shape,
  data: Float32Array.from(pixels, of),
});

describe('a data set of the user’s', () => {
  it.each<[string, Given]>([
    ['labels as NumPy makes them', { y: labelsAs(BigInt64Array.from(numbers(count, classOf).map(BigInt))) }],
    ['labels without signs', { y: labelsAs(BigUint64Array.from(numbers(count, classOf).map(BigInt))) }],
    ['a column of labels', { y: labelsAs(Int32Array.from(numbers(count, classOf)), [count, 1]) }],
    ['whole labels in floats', { y: labelsAs(Float64Array.from(numbers(count, classOf))) }],
    ['labels of 16 bits', { y: labelsAs(Uint16Array.from(numbers(count, classOf))) }],
    ['flat images', { x: { shape: [count, 30], data: pixels } }],
    ['all in one row', { x: { shape: [count * 30], data: pixels } }],
    ['images in wide integers', { x: { shape: images.shape, data: Int32Array.from(pixels) } }],
    ['whole pixels in floats', { x: floats((pixel) => pixel) }],
    ['its own shape', { shape: undefined }],
  ])('reads %s', async (_, given) => {
    const { dataset, warnings } = await read(given);
    expect(dataset).toMatchObject({ shape: image, classes });
    expect(dataset.train).toEqual({ count, images: pixels, labels: labels.data });
    expect(warnings).toEqual([]);
  });

  it.each<[string, readonly number[], ImageShape | undefined]>([
    ['no axis of channels', [count, 5, 6], undefined],
    ['one channel last', [count, 5, 6, 1], undefined],
    ['one channel first', [count, 1, 5, 6], undefined],
    ['one channel first, and said', [count, 1, 5, 6], [5, 6, 1]],
    ['no axis of channels, and said', [count, 5, 6], [5, 6, 1]],
  ])('reads grey images with %s', async (_, shape, said) => {
    const { dataset } = await read({ x: { shape, data: pixels }, shape: said });
    expect([dataset.shape, dataset.train.images]).toEqual([[5, 6, 1], pixels]);
  });

  it('reads IDX files', async () => {
    writeFileSync(join(folder, 'x.gz'), encodeIdx({ shape: images.shape, data: pixels }));
    writeFileSync(join(folder, 'y.gz'), encodeIdx({ shape: [count], data: labels.data as Uint8Array }));
    const split = { images: 'x.gz', labels: 'y.gz' };
    const { dataset } = await readCustom({ name: 'mine', train: split, test: split, scale: 255, folder });
    const { images: x, labels: y } = dataset.test;
    expect([Uint8Array.from(x), Uint8Array.from(y)]).toEqual([pixels, labels.data]);
  });

  it.each<[string, Given, readonly string[]]>([
    [
      'channels that come first',
      { x: permute(images, [0, 3, 1, 2]) },
      ['[24, 3, 2, 5]', 'the shape [2, 5, 3]', 'x.transpose(0, 2, 3, 1)'],
    ],
    [
      'channels that come first, where nothing is said',
      { x: { shape: [count, 3, 10, 14], data: new Uint8Array(count * 420) }, shape: undefined },
      ['[24, 3, 10, 14]', 'channels first', 'x.transpose(0, 2, 3, 1)', 'shape: [3, 10, 14]'],
    ],
    ['height for width', { x: permute(images, [0, 2, 1, 3]) }, ['[24, 5, 2, 3]', 'shape: [5, 2, 3]']],
    ['another size', { shape: [3, 5, 2] }, ['[24, 2, 5, 3]', 'does not fit images of the shape [3, 5, 2]']],
    ['fractions', { x: floats((pixel) => pixel / 255) }, ['from 0 to 1', '(x * 255).round().astype(numpy.uint8)']],
    ['ones and zeros in floats', { x: floats((pixel) => pixel % 2) }, ['(x * 255).round()']],
    ['−1 to 1', { x: floats((pixel) => pixel / 127.5 - 1) }, ['((x + 1) * 127.5).round().astype(numpy.uint8)']],
    ['standardised pixels', { x: floats((pixel) => pixel / 60 - 2) }, ['(x - x.min()) / (x.max() - x.min()) * 255']],
    ['fractions of 255', { x: floats((pixel) => pixel * 0.999) }, ['x.round().astype(numpy.uint8)']],
    ['no numbers', { x: floats((pixel) => (pixel === 0 ? Number.NaN : pixel)) }, ['holds NaN at 0']],
    [
      'an image less',
      { x: { shape: [count - 1, ...image], data: pixels.slice(30) } },
      ['holds 23 images', '24 labels (by class: 0: 6, 1: 6, 2: 6, 3: 6)', 'one label per image'],
    ],
    [
      'one-hot labels',
      {
        y: labelsAs(
          Uint8Array.from(numbers(count * classes, (i) => Number(i % classes === classOf(Math.floor(i / classes))))),
          [count, classes],
        ),
      },
      ['[24, 4]', 'Images by label: 0: 6, 1: 6, 2: 6, 3: 6.', 'y.argmax(axis=1)'],
    ],
    [
      'probabilities',
      {
        y: labelsAs(Float32Array.from(numbers(count * 2, (i) => (i % 4 === 1 || i % 4 === 2 ? 0.9 : 0.1))), [count, 2]),
      },
      ['Images by label: 0: 12, 1: 12.', 'probabilities', 'y.argmax(axis=1)'],
    ],
    [
      'rows that are not one-hot',
      { y: labelsAs(Uint8Array.from(numbers(count * 2, (i) => Number(i > 1))), [count, 2]) },
      ['Images by label: 0: 23, 1: 23.', 'Of its 24 rows of zeros and ones, 24 are not one-hot', 'y.sum(axis=1) != 1'],
    ],
    [
      'a row of labels',
      { y: labelsAs(Uint8Array.from(numbers(count, classOf)), [1, count]) },
      ['Images by label: 0: 6, 1: 6, 2: 6, 3: 6.', 'y.ravel()'],
    ],
    ['a table of labels', { y: labelsAs(Int16Array.from(numbers(count * 2, (i) => i)), [count, 2]) }, ['y[:, 0]']],
    [
      'a class below 0',
      { y: labelsAs(Int16Array.from(numbers(count, (i) => classOf(i) - 1))) },
      ['holds -1 at 0', 'Images by label: -1: 6, 0: 6, 1: 6, 2: 6.', 'numpy.unique(y, return_inverse=True)[1]'],
    ],
    [
      'a class beyond 255',
      { y: labelsAs(Uint16Array.from(numbers(count, (i) => i * 100))) },
      [
        'holds 300 at 3',
        'Images by label: 0: 1, 100: 1, 200: 1, 300: 1, 400: 1, 500: 1, 600: 1, 700: 1, 800: 1, 900: 1, … and 14 more.',
      ],
    ],
    [
      'splits of classes',
      { y: labelsAs(Float32Array.from(numbers(count, (i) => i / 2))) },
      [
        'holds 0.5 at 1',
        'whole',
        'Images by label: 0: 1, 0.5: 1, 1: 1,',
        'save numpy.unique(y, return_inverse=True)[1]',
      ],
    ],
    [
      'missing labels',
      { y: labelsAs(Float32Array.from(numbers(count, (i) => (i === 3 ? Number.NaN : classOf(i))))) },
      ['holds NaN at 3', 'Images by label: 0: 6, 1: 6, 2: 6, 3: 5, NaN: 1.', 'numpy.isfinite(y)'],
    ],
    [
      'an empty split',
      {
        test: [
          { shape: [0, ...image], data: new Uint8Array() },
          { shape: [0], data: new Uint8Array() },
        ],
      },
      ['The test split is empty. Images by class: 0: 6, 1: 6, 2: 6, 3: 6.', 'numpy.save('],
    ],
  ])('refuses %s, and says what to do', async (_, given, words) => {
    const told = await refusal(given);
    for (const word of words) expect(told).toContain(word);
  });

  it.each<[string, Given, readonly string[]]>([
    [
      'black images',
      { x: { shape: images.shape, data: new Uint8Array(count * 30) } },
      ['All pixels of the training split are 0.', 'All pixels of the test split are 0.'],
    ],
    [
      'bytes of 0 and 1',
      { x: { shape: images.shape, data: pixels.map((pixel) => pixel % 2) }, test: [images, labels] },
      ['All pixels of the training split are 0 or 1, which is as good as black: 255 is white. Save x * 255 instead.'],
    ],
    [
      'dark images',
      { x: { shape: images.shape, data: pixels.map((pixel) => pixel >> 4) }, test: [images, labels] },
      [
        'All pixels of the training split are from 0 to 15, which is nearly black: 255 is white. If 15 is white, save (x * (255 / 15)).round().astype(numpy.uint8).',
      ],
    ],
    [
      'labels from 1',
      { y: labelsAs(Uint8Array.from(numbers(count, (i) => classOf(i) + 1))) },
      [
        'No image is of class 0, and labels go from 1 to 4. Images by class: training 0: 0, 1: 6, 2: 6, 3: 6, 4: 6; test 0: 0, 1: 6, 2: 6, 3: 6, 4: 6. Where they are counted from 1, save y - 1 instead.',
      ],
    ],
    [
      'a class that one split lacks',
      { test: [images, labelsAs(Uint8Array.from(numbers(count, (i) => (classOf(i) === 2 ? 3 : classOf(i)))))] },
      [
        'The test split has no image of class 2. Images by class: training 0: 6, 1: 6, 2: 6, 3: 6; test 0: 6, 1: 6, 2: 0, 3: 12. If they lie in the order of their classes, shuffle them before they are divided: i = numpy.random.default_rng(0).permutation(len(y)); x, y = x[i], y[i]. Or let `test: { share: 0.2 }` take a share of each class.',
      ],
    ],
    [
      'a class that both lack',
      { y: labelsAs(Uint8Array.from(numbers(count, (i) => (classOf(i) === 2 ? 3 : classOf(i))))) },
      [
        'No image is of class 2. Images by class: training 0: 6, 1: 6, 2: 0, 3: 12; test 0: 6, 1: 6, 2: 0, 3: 12. To number those that there are without gaps, save numpy.unique(y, return_inverse=True)[1] (of both splits together).',
      ],
    ],
    [
      'one class',
      { y: labelsAs(new Uint8Array(count)) },
      [
        'There is only one class: all labels are 0. Images by class: training 0: 24; test 0: 24. Are these the labels? numpy.unique(y, return_counts=True) shows what a file holds.',
      ],
    ],
    [
      'many classes that are missing',
      { y: labelsAs(Uint8Array.from(numbers(count, (i) => (i % 2) * 200))) },
      [
        'No image is of classes 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …. Images by class: training 0: 12, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, … and 191 more; test 0: 12, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, … and 191 more. To number those that there are without gaps, save numpy.unique(y, return_inverse=True)[1] (of both splits together).',
      ],
    ],
  ])('warns of %s', async (_, given, expected) => {
    expect((await read(given)).warnings).toEqual(expected);
  });
});
