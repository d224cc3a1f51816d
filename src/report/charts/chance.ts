import { knownDataset } from '../../data/known.js';

/** Accuracy of guessing, in percent; undefined where the number of classes is not known. */
export function chanceOf(
  results: readonly { readonly dataset: string; readonly confusion?: readonly unknown[] | undefined }[],
): number | undefined {
  const [name, ...others] = new Set(results.map(({ dataset }) => dataset));
  const counted = results.find(({ confusion }) => confusion !== undefined)?.confusion?.length;
  const classes = others.length > 0 ? undefined : (counted ?? knownDataset(name)?.classes);
  return classes === undefined ? undefined : 100 / classes;
}
