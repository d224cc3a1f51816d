import type { PublishedDataset } from '../published.js';
import { cifarLayouts } from './cifar.js';
import { idxLayout, npzLayout } from './idx.js';
import { idxArchiveLayout } from './idx-archive.js';
import { allParts, type Layout } from './layout.js';
import { matLayout } from './mat.js';

/** The layouts in which a data set is found on machines, those that are read fastest first. */
export function layoutsOf(published: PublishedDataset): readonly Layout[] {
  const { format } = published;
  switch (format.kind) {
    case 'idx':
      return [idxLayout(format.folders), ...(format.npz === undefined ? [] : [npzLayout(format.npz)])];
    case 'idx-archive':
      return [idxArchiveLayout(format)];
    case 'mat':
      return [
        matLayout(
          format.folders,
          allParts(published).map(({ name }) => name),
        ),
      ];
    case 'cifar':
      return cifarLayouts(
        format,
        allParts(published).map(({ name }) => name),
      );
  }
}
