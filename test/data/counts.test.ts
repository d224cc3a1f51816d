import { describe, expect, it } from 'vitest';
import { acquireEmbedded } from '../../src/data/acquire.js';
import { imageCounts } from '../../src/data/counts.js';
import type { PublishedDataset } from '../../src/data/published.js';
import { embeddedDatasets, isEmbedded, publishedDatasets } from '../../src/data/sources.js';

/** Images of a split, by the sizes of its files. */
function countOf({ format, shape }: PublishedDataset, parts: PublishedDataset['train']): number | undefined {
  const pixels = shape.reduce((product, side) => product * side, 1);
  if (format.kind === 'idx' || format.kind === 'idx-archive') return parts[1]!.bytes - 8;
  if (format.kind === 'cifar') return parts.reduce((sum, { bytes }) => sum + bytes / (format.labelBytes + pixels), 0);
  return undefined;
}

describe('counts of images', () => {
  it.each(Object.entries(publishedDatasets as Readonly<Record<string, PublishedDataset>>))(
    'are those that the files of %s have',
    (name, published) => {
      const counts = [countOf(published, published.train), countOf(published, published.test)];
      if (counts[0] !== undefined) expect(imageCounts[name as keyof typeof imageCounts]).toEqual(counts);
      else expect([name, published.format.kind]).toEqual(['svhn', 'mat']);
    },
  );

  it.each(Object.keys(embeddedDatasets).filter(isEmbedded))('are those of %s', async (name) => {
    const { train, test } = await acquireEmbedded(name, 256);
    expect(imageCounts[name]).toEqual([train.count, test.count]);
  });
});
