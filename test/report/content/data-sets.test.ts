import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { expect, it, onTestFinished } from 'vitest';
import { type Dataset, type Split, writeDataset } from '../../../src/data/dataset.js';
import { dataSetSummary } from '../../../src/report/content/data-sets.js';

type Shape = Dataset['shape'];

/** Images of one grey or colour: that of the i-th is i + 1. */
const plain = (image: number) => image + 1;

function split(labels: number[], shape: Shape, valueAt: (image: number, y: number, x: number) => number): Split {
  const [height, width, channels] = shape;
  const at = (i: number) => Math.floor(i / channels);
  const images = Uint8Array.from({ length: labels.length * height * width * channels }, (_, i) =>
    valueAt(Math.floor(at(i) / (height * width)), Math.floor(at(i) / width) % height, at(i) % width),
  );
  return { count: labels.length, images, labels: Uint8Array.from(labels) };
}

async function summaryOf(
  labels: number[],
  classes: number,
  shape: Shape,
  valueAt: Parameters<typeof split>[2] = plain,
) {
  const folder = await mkdtemp(join(tmpdir(), 'spikeline-data-sets-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeDataset(folder, {
    ...{ name: 'mine', shape, classes, scale: 255, source: 'a test' },
    ...{ train: split(labels, shape, valueAt), test: split([0, 1], shape, valueAt) },
  });
  return dataSetSummary(folder);
}

it('counts images, and has up to five of each class side by side', async () => {
  const { samples, ...summary } = await summaryOf([0, 1, 0, 0, 0, 0, 0], 3, [4, 5, 1]);
  expect(summary).toMatchObject({ name: 'mine', trainImages: 7, testImages: 2, classes: 3, scale: 255 });
  expect(summary.numbers).toMatchObject({
    trainPerClass: [6, 1, 0],
    testPerClass: [1, 1, 0],
    pixelMin: 1,
    pixelMax: 7,
  });
  expect(samples[2]).toHaveLength(0);
  const picture = decode(samples[0]!);
  // Enlarged ten times, with lines of 2 pixels between; there is room for five.
  expect(picture).toMatchObject({ width: 264, height: 44, channels: 1 });
  const middle = Array.from({ length: 5 }, (_, i) => picture.data[20 * 264 + i * 52 + 20]);
  expect(middle).toEqual([1, 3, 4, 5, 6]);
});

it('shows large images smaller, and the first classes of many', async () => {
  const labels = Array.from({ length: 30 }, (_, label) => label);
  const { samples } = await summaryOf(labels, 30, [100, 250, 3]);
  expect(samples).toHaveLength(20);
  const picture = decode(samples[3]!);
  // Each third row and column, twice as large again, because 34 rows would be small.
  expect(picture).toMatchObject({ width: 5 * (84 * 2 + 2) + 4, height: 34 * 2 + 4 });
  // The fourth image, behind the lines around it.
  expect([...picture.data.subarray(3 * (3 * picture.width + 3), 3 * (3 * picture.width + 4))]).toEqual([4, 4, 4]);
});

it('keeps each third row and column of an image that is shown smaller, from the first on', async () => {
  const { samples } = await summaryOf([0], 2, [100, 250, 1], (_, y, x) => (y < 9 && x < 9 ? 10 * y + x : 200));
  const picture = decode(samples[0]!);
  // Twice as large again, behind lines of 2 pixels.
  const shown = [0, 1, 2].map((y) => [0, 1, 2].map((x) => picture.data[(2 + 2 * y) * picture.width + 2 + 2 * x]));
  expect(shown).toEqual([
    [0, 3, 6],
    [30, 33, 36],
    [60, 63, 66],
  ]);
});
