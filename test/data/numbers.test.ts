import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { contactSheet } from '../../src/data/contact-sheet.js';
import type { Dataset, Split } from '../../src/data/dataset.js';
import { datasetNumbers } from '../../src/data/numbers.js';

const half = (labels: readonly number[], of: (i: number) => number): Split => ({
  ...{ count: labels.length, labels: Uint8Array.from(labels) },
  images: Uint8Array.from({ length: 4 * labels.length }, (_, i) => of(i)),
});
const dataset = (train: Split, classes: number): Dataset => ({
  ...{ name: 'x', shape: [2, 2, 1], classes, scale: 255, source: '', train, test: half([1], () => 0) },
});

describe('a data set in numbers', () => {
  it('has mean, deviation and range of its pixels, images of each class, and a digest', () => {
    const numbers = datasetNumbers(
      dataset(
        half([0, 1, 1], (i) => [10, 20, 30][i % 3]!),
        3,
      ),
    );
    expect(numbers).toMatchObject({
      ...{ pixelMean: 20, pixelDeviation: 8.165, pixelMin: 10, pixelMax: 30 },
      ...{ trainPerClass: [1, 2, 0], testPerClass: [0, 1, 0], fewestPerClass: 0, mostPerClass: 2 },
    });
    const other = datasetNumbers(
      dataset(
        half([0, 1, 1], (i) => [10, 30, 20][i % 3]!),
        3,
      ),
    );
    expect(other.digest).not.toBe(numbers.digest);
  });
});

describe('a contact sheet', () => {
  it('has five images of each class in its row, enlarged', () => {
    const labels = Array.from({ length: 14 }, (_, i) => i % 2);
    const { width, height, channels, data } = decode(
      contactSheet(
        dataset(
          half(labels, (i) => Math.floor(i / 4)),
          2,
        ),
      ),
    );
    expect([width, height, channels]).toEqual([5 * 42 + 2 + 2, 2 * 42 + 2, 1]);
    // In the middle of each image.
    const at = (row: number, column: number) => data[(22 + 42 * row) * width + 22 + 42 * column];
    expect([0, 1].map((row) => [0, 1, 2, 3, 4].map((column) => at(row, column)))).toEqual([
      [0, 2, 4, 6, 8],
      [1, 3, 5, 7, 9],
    ]);
  });

  it('has more than twenty classes beside one another', () => {
    const labels = Array.from({ length: 45 }, (_, i) => i);
    const { width, height, data } = decode(
      contactSheet(
        dataset(
          half(labels, (i) => Math.floor(i / 4)),
          45,
        ),
      ),
    );
    expect([width, height]).toEqual([3 * (5 * 42 + 2) + 2 * 5, 20 * 42 + 2]);
    expect(data[(22 + 42 * 4) * width + 2 * (5 * 42 + 6) + 22]).toBe(44);
  });
});
