import { expect } from 'vitest';
import { type CustomDataset, type CustomOptions, countCustom } from '../../src/data/custom.js';

/** A data set that was read, which is what is told of it before it is. */
export async function asCounted(
  about: Omit<CustomOptions, 'name' | 'scale'>,
  read: CustomDataset,
): Promise<CustomDataset> {
  const { shape, classes, train, test } = read.dataset;
  expect(await countCustom(about)).toEqual({ shape, classes, trainImages: train.count, testImages: test.count });
  return read;
}
