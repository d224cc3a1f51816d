import { countsByClass, countsOf, firstValues } from './class-counts.js';
import { numbered } from './custom-labels.js';

/** A class that is missing, or several, and what mends that. */
interface Oddity {
  readonly what: string;
  readonly mend: string;
}

/**
 * What is odd about the classes of two splits, a sentence or more each: all can be read, and may be meant so. The first has
 * the images of each class.
 *
 * @param splits labels by how messages call the split
 * @param classes how many there are
 * @param names of the classes, where they have any
 */
export function oddClasses(
  splits: Readonly<Record<string, Uint8Array>>,
  classes: number,
  names?: readonly string[],
): string[] {
  const counts = Object.entries(splits).map(([split, labels]) => ({ split, counts: countsOf(labels, classes) }));
  const called = (c: number) => (names === undefined ? c : `"${names[c]!}"`);
  const all = counts.map((one) => `${one.split} ${countsByClass(one.counts, names)}`).join('; ');
  return oddities(counts, called, names === undefined).map(({ what, mend }, i) =>
    i === 0 ? `${what} Images by class: ${all}. ${mend}` : `${what} ${mend}`,
  );
}

function oddities(
  splits: readonly { readonly split: string; readonly counts: readonly number[] }[],
  called: (c: number) => number | string,
  numbers: boolean,
): Oddity[] {
  const totals = splits[0]!.counts.map((_, c) => splits.reduce((sum, { counts }) => sum + counts[c]!, 0));
  const where = (holds: (total: number, c: number) => boolean) =>
    totals.flatMap((total, c) => (holds(total, c) ? [c] : []));
  const classes = (found: readonly number[]) =>
    `${found.length === 1 ? 'class' : 'classes'} ${firstValues(found.map(called))}`;
  const [present, nowhere] = [where((total) => total > 0), where((total) => total === 0)];
  if (present.length === 1)
    return [{ what: `There is only one class: all labels are ${called(present[0]!)}.`, mend: mends.one(numbers) }];
  if (numbers && nowhere.length === 1 && nowhere[0] === 0)
    return [
      {
        what: `No image is of class 0, and labels go from 1 to ${totals.length - 1}.`,
        mend: 'Where they are counted from 1, save y - 1 instead.',
      },
    ];
  const lacking = splits.flatMap(({ split, counts }) => {
    const lacks = where((total, c) => total > 0 && counts[c] === 0);
    if (lacks.length === 0) return [];
    const mend = lacks.every((c) => totals[c] === 1) ? mends.single : numbers ? mends.arrays : mends.folders;
    return [{ what: `The ${split} split has no image of ${classes(lacks)}.`, mend }];
  });
  const alike = numbers ? undefined : sameButForCase(present.map((c) => String(called(c))));
  if (alike !== undefined)
    lacking.unshift({
      what: `The classes ${alike.join(' and ')} differ in nothing but capitals, spaces and dashes.`,
      mend: 'If they are one, give them the same name.',
    });
  if (nowhere.length === 0) return lacking;
  return [{ what: `No image is of ${classes(nowhere)}.`, mend: mends.nowhere(numbers) }, ...lacking];
}

/** The first two names of classes that people would take for one. */
function sameButForCase(names: readonly string[]): readonly [string, string] | undefined {
  const known = new Map<string, string>();
  for (const name of names) {
    const key = name.toLowerCase().replaceAll(/[\s_-]/g, '');
    const other = known.get(key);
    if (other !== undefined) return [other, name];
    known.set(key, name);
  }
  return undefined;
}

/** What to do about it: with labels that are numbers by NumPy, with classes that have names by what names them. */
const mends = {
  one: (numbers: boolean) =>
    numbers
      ? 'Are these the labels? numpy.unique(y, return_counts=True) shows what a file holds.'
      : 'Are these the classes?',
  nowhere: (numbers: boolean) =>
    numbers
      ? `To number those that there are without gaps, save ${numbered} (of both splits together).`
      : 'If there are none, leave it out of `classNames`.',
  single: 'A single image can’t be in both splits.',
  arrays:
    'If they lie in the order of their classes, shuffle them before they are divided: i = ' +
    'numpy.random.default_rng(0).permutation(len(y)); x, y = x[i], y[i]. Or let `test: { share: 0.2 }` take a share of each class.',
  folders: 'Put some there, or let `test: { share: 0.2 }` take a share of each class.',
};
