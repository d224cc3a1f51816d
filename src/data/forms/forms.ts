import type { PublishedDataset } from '../sources.js';
import { cifarForms } from './cifar.js';
import { allParts, type Form } from './form.js';
import { idxForm, npzForm } from './idx.js';
import { matForm } from './mat.js';

/** The forms in which a data set lies on machines, those that are read fastest first. */
export function formsOf(published: PublishedDataset): readonly Form[] {
  const { format } = published;
  switch (format.kind) {
    case 'idx':
      return [idxForm(format.folders), ...(format.npz === undefined ? [] : [npzForm(format.npz)])];
    case 'mat':
      return [
        matForm(
          format.folders,
          allParts(published).map(({ name }) => name),
        ),
      ];
    case 'cifar':
      return cifarForms(
        format,
        allParts(published).map(({ name }) => name),
      );
  }
}
