const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

/**
 * Bounds of an axis for accuracies in percent, in whole steps around the values. It starts above 0, because the
 * differences that matter are of a few points; the axis' name says where.
 */
export function accuracyRange(values: readonly number[]): Range {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const interval = steps.find((step) => (highest - lowest) / step <= 6) ?? 20;
  // At least a third of a step under the lowest, so that its bar does not vanish.
  const min = tidy(Math.max(0, Math.floor(lowest / interval - 1 / 3) * interval));
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

export function accuracyAxisName(minimum: number, what = 'test accuracy'): string {
  return minimum > 0 ? `${what} (%), axis from ${minimum}` : `${what} (%)`;
}
