const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

/** Bounds of an axis for accuracies in percent, in whole steps around the values. */
export function accuracyRange(values: readonly number[]): Range {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const interval = steps.find((step) => (highest - lowest) / step <= 6) ?? 20;
  const floor = Math.max(0, Math.floor(lowest / interval) * interval);
  // What is 100 all over has its step below.
  const min = tidy(Math.min(floor, 100 - interval));
  const max = tidy(Math.min(100, Math.ceil(highest / interval) * interval));
  return { min, max: max > min ? max : tidy(min + interval), interval };
}

/** The powers of ten around values for a logarithmic axis. */
export function logRange(values: readonly number[]): { min: number; max: number } {
  const positive = values.filter((value) => value > 0);
  const [lowest, highest] = [Math.min(...positive), Math.max(...positive)];
  return { min: 10 ** Math.floor(Math.log10(lowest * 0.9)), max: 10 ** Math.ceil(Math.log10(highest * 1.1)) };
}

/** Takes the dust of binary fractions off a multiple of 0.1. */
function tidy(value: number): number {
  return Number(value.toFixed(6));
}

/** Where guessing would be, if it is on the axis or below. */
export function accuracyAxisName(range: Range, chance: number | undefined, what = 'test accuracy'): string {
  const below = chance !== undefined && chance < range.min ? `, chance is ${Number(chance.toPrecision(3))}` : '';
  return `${what} (%)${below}`;
}

/**
 * A place in pixels, or the edge of the axes that it is beyond.
 *
 * @param nowhere where that is which the axis has no place for, such as 0 on a logarithmic one
 */
export function within(at: number, from: number, length: number, nowhere: number): number {
  return Number.isNaN(at) ? nowhere : Math.min(Math.max(at, from), from + length);
}
