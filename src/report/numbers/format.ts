import type { Estimate, Interval } from '../../results/statistics.js';

/** `26,880`: a whole number with its digits in groups of three, the same in every locale. */
export function grouped(value: number): string {
  return groupedTo(value, 0);
}

/** The same with so many decimals: `1,234.5`. */
function groupedTo(value: number, decimals: number): string {
  const [whole = '', ...fraction] = decimal(value, decimals).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

const units = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `27.9 M`: three digits and a unit, for labels on bars and ticks. */
export function compact(value: number): string {
  for (const [size, unit] of units) {
    // From where the three digits of the smaller unit would be rounded up to 1000.
    if (Math.abs(value) >= size * 0.9995) return `${threeDigits(value / size)} ${unit}`;
  }
  return threeDigits(value);
}

/** To three significant digits. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `84.12` of 0.8412: percent without the sign, which the axis has. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** `84.12 %` of 84.12. */
export function percentValue(value: number): string {
  return `${value.toFixed(2)} %`;
}

/** `+1.20`, `−0.35`, `0.00`: a difference with its sign. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`;
}

/**
 * Decimals that a value is written with whose uncertainty is this: the rule of the Particle Data Group (Review of Particle
 * Physics, introduction), which leaves one digit of the uncertainty or two. Below 0 where not even the ones count.
 */
export function decimalsFor(uncertainty: number): number {
  const exponent = Math.floor(Math.log10(uncertainty));
  const digits = Math.round(uncertainty / 10 ** (exponent - 2));
  return digits <= 354 ? 1 - exponent : -exponent;
}

/** How estimates of a kind are written. */
interface EstimateStyle {
  /** What a value of 1 is in the unit that is shown. */
  readonly scale: number;
  /** A value of which nothing but itself is known. */
  readonly alone: (value: number) => string;
}

const percents: EstimateStyle = { scale: 100, alone: (value) => value.toFixed(2) };
const counts: EstimateStyle = { scale: 1, alone: grouped };
const amounts: EstimateStyle = { scale: 1, alone: threeDigits };

/**
 * `84.8 ± 0.6 (s 0.5, n 5)` of repetitions, `84.1 (81.7–86.2)` of a share in one run, both in percent; without an interval
 * `84.12`. Digits go as far as the interval lets them say something.
 */
export const percentEstimate = (estimate: Estimate): string => estimateText(estimate, percents);
/** The same of counts, such as `12,340 ± 120 (s 97, n 5)`. */
export const countEstimate = (estimate: Estimate): string => estimateText(estimate, counts);
/** The same of amounts of any size: to three digits where nothing else is known. */
export const amountEstimate = (estimate: Estimate): string => estimateText(estimate, amounts);

function estimateText({ n, mean, sd = 0, interval }: Estimate, { scale, alone }: EstimateStyle): string {
  if (interval === undefined) return alone(scale * mean);
  const half = (scale * (interval.high - interval.low)) / 2;
  const show = (value: number) => (half > 0 ? groupedTo(scale * value, decimalsFor(half)) : alone(scale * value));
  if (interval.method === 'wilson') return `${show(mean)} (${show(interval.low)}–${show(interval.high)})`;
  return `${show(mean)} ± ${show(half / scale)} (s ${show(sd)}, n ${n})`;
}

/** The mean with the digits that its interval allows, as programs write numbers. */
export function numberEstimate({ mean, interval }: Estimate): string {
  return plainNumber(mean, interval);
}

/** `0.842–0.854 (t, s 0.005, n 5)`, `0.834–0.848 (Wilson)`; empty without an interval. */
export function intervalText({ n, sd = 0, interval }: Estimate): string {
  if (interval === undefined) return '';
  const bounds = `${plainNumber(interval.low, interval)}–${plainNumber(interval.high, interval)}`;
  return interval.method === 'wilson' ? `${bounds} (Wilson)` : `${bounds} (t, s ${plainNumber(sd, interval)}, n ${n})`;
}

function plainNumber(value: number, interval: Interval | undefined): string {
  const half = interval === undefined ? 0 : (interval.high - interval.low) / 2;
  return half > 0 ? decimal(value, decimalsFor(half)) : shortNumber(value);
}

/** With so many decimals; where these are below 0, with zeros before the point. */
function decimal(value: number, decimals: number): string {
  if (decimals < 0) return (Math.round(value * 10 ** decimals) * 10 ** -decimals).toFixed(0);
  return value.toFixed(Math.min(decimals, 20));
}

/** Without the dust of binary fractions. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
