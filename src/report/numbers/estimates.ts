// How estimates are written: with the digits that their intervals allow.

import { type Estimate, type Interval, proportion } from '../../results/statistics.js';
import { decimal, grouped, groupedTo, shortNumber, signed, threeDigits } from './format.js';

/**
 * Decimals that a value is written with whose uncertainty is this: the rule of the Particle Data Group (Review of Particle
 * Physics, introduction), which leaves one digit of the uncertainty or two. Below 0 where not even the ones count.
 */
export function decimalsFor(uncertainty: number): number {
  const exponent = Math.floor(Math.log10(uncertainty));
  const digits = Math.round(uncertainty / 10 ** (exponent - 2));
  return digits <= 354 ? 1 - exponent : -exponent;
}

/**
 * Decimals of a standard deviation beside an interval: those of the interval, and of two values, whose interval is nine times as
 * wide, as many as leave a digit of it. 4.4 is no 0 because the interval is ± 40.
 */
function decimalsOfSpread(sd: number, half: number): number {
  return sd > 0 ? Math.max(decimalsFor(half), -Math.floor(Math.log10(sd))) : decimalsFor(half);
}

/** `84.1 %` of 84.12: with the digits that half of its interval allows; two decimals where there is none. */
export function percentValue(value: number, half = 0): string {
  return `${decimal(value, half > 0 ? decimalsFor(half) : 2)} %`;
}

/** `12,340` of 12,344.5: a count with the digits that half of its interval allows. */
export function countText(value: number, half = 0): string {
  return half > 0 ? groupedTo(value, decimalsFor(half)) : grouped(value);
}

/** `84 %` of 84 in 100: with the digits that so many trials allow, by Wilson's interval. */
export function shareText(hits: number, trials: number): string {
  const { mean, interval } = proportion(hits, trials);
  return percentValue(100 * mean, 50 * (interval!.high - interval!.low));
}

/** Half of the interval; 0 where there is none. */
export function halfOf({ interval }: Estimate): number {
  return interval === undefined ? 0 : (interval.high - interval.low) / 2;
}

/** A value with the digits that half of its interval allows; as it is where there is none. */
export function roundedTo(value: number, half: number): number {
  return half > 0 ? Number(decimal(value, decimalsFor(half))) : value;
}

/** What a known number is over an estimate; its interval has the same bounds, unless the estimate's reaches 0. */
export function ratioTo(numerator: number, { n, mean, interval }: Estimate): Estimate {
  const ratio = { n, mean: numerator / mean };
  if (interval === undefined || interval.low <= 0) return ratio;
  return { ...ratio, interval: { ...interval, low: numerator / interval.high, high: numerator / interval.low } };
}

/** `18.7 ×`, and with its interval `18.7 × (16.7–21.2)`. */
export function ratioText(ratio: Estimate): string {
  const half = halfOf(ratio);
  if (ratio.interval === undefined || half === 0) return `${threeDigits(ratio.mean)} ×`;
  const show = (value: number) => groupedTo(value, decimalsFor(half));
  return `${show(ratio.mean)} × (${show(ratio.interval.low)}–${show(ratio.interval.high)})`;
}

/** How estimates of a kind are written. */
interface EstimateStyle {
  /** What a value of 1 is in the unit that is shown. */
  readonly scale: number;
  readonly unit?: string;
  /** A value of which nothing but itself is known. */
  readonly alone: (value: number) => string;
}

/**
 * `84.8 ± 0.6 (s 0.5, n 5)` of repetitions, `84.1 (81.7–86.2)` of a share in one run, both in percent; without an interval
 * `84.12`. Digits go as far as the interval lets them say something.
 */
export const percentEstimate = (estimate: Estimate, unit = ''): string =>
  estimateText(estimate, { scale: 100, unit, alone: (value) => value.toFixed(2) });

/** The same of counts, such as `12,340 ± 120 (s 97, n 5)`. */
export const countEstimate = (estimate: Estimate): string => estimateText(estimate, { scale: 1, alone: grouped });

/** The same of amounts of any size: to three digits where nothing else is known. */
export const amountEstimate = (estimate: Estimate): string => estimateText(estimate, { scale: 1, alone: threeDigits });

/**
 * A difference of accuracies in points: `+0.30 (+0.01 … +0.59)` of one run on the same images, `+0.3 ± 0.2 (s 0.2, n 5)` of paired
 * repetitions, and where there are no pairs the difference alone.
 */
export function pointsEstimate({ n, mean, sd = 0, interval }: Estimate, unit = ''): string {
  const half = interval === undefined ? 0 : 50 * (interval.high - interval.low);
  const decimals = half > 0 ? Math.max(0, decimalsFor(half)) : 2;
  const show = (value: number) => signed(100 * value, decimals);
  if (interval === undefined) return show(mean) + unit;
  if (interval.method !== 't') return `${show(mean)}${unit} (${show(interval.low)} … ${show(interval.high)})`;
  return `${show(mean)} ± ${decimal(half, decimals)}${unit} (s ${decimal(100 * sd, half > 0 ? Math.max(0, decimalsOfSpread(100 * sd, half)) : decimals)}, n ${n})`;
}

function estimateText({ n, mean, sd = 0, interval }: Estimate, { scale, unit = '', alone }: EstimateStyle): string {
  if (interval === undefined) return alone(scale * mean) + unit;
  const half = (scale * (interval.high - interval.low)) / 2;
  const show = (value: number) => (half > 0 ? groupedTo(scale * value, decimalsFor(half)) : alone(scale * value));
  if (interval.method === 'wilson') return `${show(mean)}${unit} (${show(interval.low)}–${show(interval.high)})`;
  const spread = half > 0 ? groupedTo(scale * sd, decimalsOfSpread(scale * sd, half)) : show(sd);
  return `${show(mean)} ± ${show(half / scale)}${unit} (s ${spread}, n ${n})`;
}

/** `0.848`: the mean, or a number beside it, with the digits that its interval allows, as programs write numbers. */
export function meanText({ mean, interval }: Estimate, value = mean): string {
  const text = plainNumber(value, interval);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** `0.848 ± 0.006 (s 0.005)`; of equal values, and without an interval, only the mean. */
export function spreadText(estimate: Estimate): string {
  const { sd = 0, interval } = estimate;
  if (interval?.method !== 't' || sd === 0) return meanText(estimate);
  const half = plainNumber((interval.high - interval.low) / 2, interval);
  return `${meanText(estimate)} ± ${half} (s ${plainSpread(sd, interval)})`;
}

/** `0.842–0.854 (t, s 0.005, n 5)`, `0.834–0.848 (Wilson)`, `all 5 equal`; empty without an interval. */
export function intervalText({ n, sd = 0, interval }: Estimate): string {
  if (interval === undefined) return '';
  if (interval.low === interval.high) return `all ${n} equal`;
  const bounds = `${plainNumber(interval.low, interval)}–${plainNumber(interval.high, interval)}`;
  return interval.method === 'wilson' ? `${bounds} (Wilson)` : `${bounds} (t, s ${plainSpread(sd, interval)}, n ${n})`;
}

function plainSpread(sd: number, interval: Interval): string {
  const half = (interval.high - interval.low) / 2;
  return half > 0 ? decimal(sd, decimalsOfSpread(sd, half)) : plainNumber(sd, interval);
}

function plainNumber(value: number, interval: Interval | undefined): string {
  const half = interval === undefined ? 0 : (interval.high - interval.low) / 2;
  if (half > 0) return decimal(value, decimalsFor(half));
  return Number.isInteger(value) ? String(value) : shortNumber(value);
}

/** What figures of estimates say, for those who read them: a sentence a method. */
export function estimateNotes(estimates: readonly Estimate[]): string[] {
  const methods = new Set(estimates.flatMap(({ interval }) => interval?.method ?? []));
  return [
    ...(methods.has('t')
      ? [
          '±: half of the 95 % interval of the mean of n repetitions, by Student’s t; s: their standard deviation (n − 1).',
        ]
      : []),
    ...(methods.has('wilson')
      ? ['In brackets: 95 % interval of the accuracy of one run, by Wilson’s score from its number of test images.']
      : []),
  ];
}

/** The same of differences. */
export function differenceNotes(differences: readonly Estimate[]): string[] {
  const methods = new Set(differences.flatMap(({ interval }) => interval?.method ?? []));
  return [
    ...(methods.has('t') ? ['Differences are paired: taken repetition by repetition, their spread is their own.'] : []),
    ...(methods.has('tango')
      ? [
          'In brackets behind a difference: its 95 % interval by Tango’s score, from the images that only one of both recognised; it holds 0 where McNemar’s test finds no difference.',
        ]
      : []),
  ];
}
