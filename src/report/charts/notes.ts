import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import type { Estimate } from '../../results/statistics.js';
import type { ResultGroup } from '../content/groups.js';
import { grouped } from '../numbers/format.js';

type Result = AnnResult | SnnResult;

/** The subtitle from its parts, those left out that do not apply. */
export function subtitle(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** All results of groups. */
export function resultsOf<T extends Result>(groups: readonly ResultGroup<T>[]): T[] {
  return groups.flatMap(({ samples }) => samples.flat().map(({ result }) => result));
}

/** `1,000 test images`, or nothing where results differ in it. */
export function imagesNote(groups: readonly ResultGroup[]): string | undefined {
  const [count, ...others] = new Set(resultsOf(groups).map(({ images }) => images));
  return count === undefined || others.length > 0 ? undefined : `${grouped(count)} test images`;
}

/** What values and the lines beside them are: `mean of 5 repetitions, 95 % intervals (t)`. */
export function estimatesNote(estimates: readonly Estimate[]): string | undefined {
  // A single run, such as a reference beside repetitions, is a mean of nothing.
  const sizes = estimates.flatMap(({ n }) => (n > 1 ? [n] : []));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const means = least === most ? `mean of ${most} repetitions` : `means of ${least} to ${most} repetitions`;
  const methods = [...new Set(estimates.flatMap(({ interval }) => interval?.method ?? []))];
  const what = [
    ...(sizes.length === 0 ? [] : [means]),
    ...(methods.length === 0 ? [] : [`95 % intervals (${methods.map((method) => methodNames[method]).join(', ')})`]),
  ];
  return what.length === 0 ? undefined : what.join(', ');
}

const methodNames = { t: 'Student’s t', wilson: 'Wilson, one run', tango: 'Tango, one run' } as const;

/** The same in another unit. */
export function scaled(estimate: Estimate, factor: number): Estimate {
  const { mean, sd, interval } = estimate;
  return {
    ...{ ...estimate, mean: mean * factor },
    ...(sd === undefined ? {} : { sd: sd * factor }),
    ...(interval && { interval: { ...interval, low: interval.low * factor, high: interval.high * factor } }),
  };
}

/** All values of estimates, their bounds included. */
export function spanOf(estimates: readonly Estimate[]): number[] {
  return estimates.flatMap(({ mean, interval }) => [mean, ...(interval ? [interval.low, interval.high] : [])]);
}

/** What is drawn of lines that are too many to be told apart. */
export function bundleNote(bundles: readonly { readonly members: readonly unknown[] }[]): string | undefined {
  const sizes = bundles.map(({ members }) => members.length);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (most <= 1) return undefined;
  return `lines: medians of ${least === most ? most : `${least} to ${most}`}, bands: their range`;
}
