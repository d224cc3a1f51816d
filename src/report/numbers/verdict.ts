import { estimateMetric } from '../../results/repetitions.js';
import type { Metrics, MetricValue } from '../../values.js';
import { intervalText, meanText } from './estimates.js';

/** What a metric should be. */
export type Wanted =
  | {
      readonly kind: 'value';
      /** Missing where it is another task's, which has not run. */
      readonly value: MetricValue | undefined;
      readonly tolerance: number;
      /** Whose metric it is, if it is not a number of the pipeline file. */
      readonly of?: string;
    }
  | { readonly kind: 'bounds'; readonly min?: number; readonly max?: number };

/** A metric beside what it should be, as texts. */
export interface Judgement {
  readonly expected: string;
  readonly got: string;
  readonly difference: string;
  /** How sure the number is: `0.842–0.854 (t, s 0.005, n 5)`; empty where nothing is known of that. */
  readonly interval: string;
  /** `n/a`: the number belongs to other params or points than this run's. */
  readonly verdict: 'met' | 'OFF' | 'missing' | 'n/a';
}

/**
 * Compares what a metric comes to over repetitions, which is their mean; of a single run its value.
 *
 * @param samples independent repetitions, each with the metrics of its tasks; undefined for a task without a result
 */
export function judgeMetric(
  samples: readonly (readonly (Metrics | undefined)[])[],
  metric: string,
  wanted: Wanted,
): Judgement {
  const there = samples.map((sample) => sample.flatMap((run) => (run?.[metric] === undefined ? [] : [run])));
  const found = there.filter((sample) => sample.length > 0);
  const [run, ...others] = found.flat();
  const all = samples.flat().length;
  const estimate = estimateMetric(found, metric);
  if (run === undefined || all === 1 || estimate === undefined) {
    // Of texts and lists there is no mean: all must be as expected.
    const judged = found.flat().map((each) => judge(each[metric], wanted));
    const worst = judged.find(({ verdict }) => verdict !== 'met') ?? judged[0] ?? judge(undefined, wanted);
    if (worst.verdict === 'met' && judged.length < all)
      return { ...worst, got: `${worst.got} (${judged.length} of ${all})`, difference: '', verdict: 'missing' };
    return { ...worst, interval: estimate === undefined ? '' : intervalText(estimate) };
  }
  const judgement = judge(estimate.mean, wanted);
  const present = others.length + 1;
  const got = meanText(estimate);
  const difference = judgement.difference === '' ? '' : meanText(estimate, Number(judgement.difference));
  const interval = intervalText(estimate);
  // A mean of what happens to be there would be another number than the one that is expected.
  return present < all
    ? { ...judgement, interval, got: `${got} (${present} of ${all})`, difference: '', verdict: 'missing' }
    : { ...judgement, interval, got, difference };
}

/** Compares a number with what is expected of it. */
export function judge(value: MetricValue | undefined, wanted: Wanted): Judgement {
  return wanted.kind === 'bounds' ? judgeBounds(value, wanted) : judgeValue(value, wanted);
}

/** The same for a number that belongs to another run. */
export function notCompared(judgement: Judgement): Judgement {
  return { ...judgement, difference: '', verdict: 'n/a' };
}

function judgeBounds(
  value: MetricValue | undefined,
  { min, max }: Extract<Wanted, { readonly kind: 'bounds' }>,
): Judgement {
  const parts = [min === undefined ? '' : `≥ ${min}`, max === undefined ? '' : `≤ ${max}`];
  const about = { expected: parts.join(' ').trim(), got: shownMetric(value), difference: '', interval: '' };
  if (value === undefined) return { ...about, verdict: 'missing' };
  const number = nearestNumber(value);
  // A loss that became NaN is kept as a text: it is there, and within no bounds.
  if (typeof number !== 'number') {
    const readsAsNumber = typeof value === 'string' && Number.isFinite(Number(value));
    return { ...about, ...(readsAsNumber && { got: JSON.stringify(value) }), verdict: 'OFF' };
  }
  const bound = [min, max].find((one, index) => one !== undefined && (index === 0 ? number < one : number > one));
  if (bound === undefined) return { ...about, verdict: 'met' };
  return { ...about, got: shownApart(bound, value)[1], difference: shownMetric(number - bound), verdict: 'OFF' };
}

function judgeValue(
  value: MetricValue | undefined,
  { value: reference, tolerance, of }: Extract<Wanted, { readonly kind: 'value' }>,
): Judgement {
  const range = tolerance > 0 ? ` ± ${tolerance}` : '';
  const [shown, got] = shownApart(reference, value);
  const expected = `${shown}${range}${of === undefined ? '' : ` (${of})`}`;
  const about = { expected, got, interval: '' };
  if (value === undefined || reference === undefined) return { ...about, difference: '', verdict: 'missing' };
  const number = nearestNumber(value);
  if (typeof number !== 'number' || typeof reference !== 'number') {
    const same = !hasNan(value) && JSON.stringify(exact(value)) === JSON.stringify(exact(reference));
    return { ...about, difference: '', verdict: same ? 'met' : 'OFF' };
  }
  const difference = number - reference;
  // A hair more than the tolerance: 0.1 + 0.2 must not be off by its last bit.
  const slack = tolerance > 0 ? Math.abs(reference) * 4 * Number.EPSILON : 0;
  const verdict = Math.abs(difference) <= tolerance + slack ? 'met' : 'OFF';
  return { ...about, difference: shownMetric(difference), verdict };
}

/** NaN is kept as text. What became NaN on both sides is no agreement. */
function hasNan(value: MetricValue): boolean {
  return [value].flat().some((one) => String(one) === 'NaN');
}

/** Of a whole number beyond 2^53, which is kept as text. */
function nearestNumber(value: MetricValue): MetricValue {
  return typeof value === 'string' && /^-?\d{16,}$/.test(value) ? Number(value) : value;
}

/** A whole number beyond 2^53 as the text that it would be kept as. */
function exact(value: MetricValue): MetricValue {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(BigInt(value as number)) : value;
}

/** Two values that are not the same don't read alike: 5 and a hair more, 5 and the text "5". */
function shownApart(a: MetricValue | undefined, b: MetricValue | undefined): readonly [string, string] {
  const [one, other] = [shownMetric(a), shownMetric(b)];
  if (one !== other || a === undefined || b === undefined) return [one, other];
  const exact = [JSON.stringify(a), JSON.stringify(b)] as const;
  return exact[0] === exact[1] ? [one, other] : exact;
}

function shownMetric(value: MetricValue | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(10))) : String(value);
}
