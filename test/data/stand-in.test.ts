import { describe, expect, it } from 'vitest';
import { decodeCifar, encodeCifar } from '../../src/data/formats/cifar.js';
import { asCifar } from '../../src/data/stand-in.js';

describe("CIFAR's format", () => {
  it.each([1, 2] as const)('is read as it was written, with %i label bytes', (labelBytes) => {
    const images = Uint8Array.from({ length: 2 * 3072 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const labels = [Uint8Array.of(3, 41), Uint8Array.of(9, 99)].map((label) => label.slice(0, labelBytes));
    const record = 3072 + labelBytes;
    const inPieces: readonly ((bytes: Uint8Array) => Uint8Array[])[] = [
      (bytes) => [bytes],
      // One behind the other in memory, the other way round, and apart.
      (bytes) => [bytes.subarray(0, record), bytes.subarray(record)],
      (bytes) => [bytes.subarray(record), bytes.subarray(0, record)],
      (bytes) => [bytes.slice(0, record), bytes.slice(record)],
    ];
    for (const [i, cut] of inPieces.entries()) {
      const read = decodeCifar(
        cut(encodeCifar(images, labels)).map((bytes) => ({ name: 'file', bytes })),
        labelBytes,
      );
      const wanted = i === 2 ? Buffer.concat([images.subarray(3072), images.subarray(0, 3072)]) : images;
      expect(Buffer.compare(read.images, wanted)).toBe(0);
      const found = labelBytes === 1 ? [3, 9] : [41, 99];
      expect([...read.labels]).toEqual(i === 2 ? found.toReversed() : found);
    }
  });
});

describe('the stand-in for CIFAR', () => {
  const grey = Uint8Array.from({ length: 22 * 784 }, (_, i) => i & 255);
  const half = { count: 22, images: grey, labels: Uint8Array.from({ length: 22 }, (_, n) => n % 2) };

  it('is the grey image in a colour, in the middle', () => {
    const { images, labels } = asCifar(half, false);
    expect([...labels]).toEqual([...half.labels]);
    const pixel = (n: number, y: number, x: number) => [...images.subarray(((n * 32 + y) * 32 + x) * 3).subarray(0, 3)];
    expect(pixel(0, 0, 0)).toEqual([0, 0, 0]);
    // Its first colour is ff4040; the pixel at (4, 7) of the grey image is 119.
    expect(pixel(0, 6, 9)).toEqual([119, Math.round((119 * 64) / 255), Math.round((119 * 64) / 255)]);
  });

  it('has a fine label for each class and colour, which take turns', () => {
    expect([...asCifar(half, true).labels]).toEqual(
      Array.from({ length: 22 }, (_, n) => (n % 2) * 10 + (Math.floor(n / 2) % 10)),
    );
  });
});
