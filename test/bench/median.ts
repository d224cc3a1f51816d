/** The value below which this share of the others lies; that of 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.round(share * (values.length - 1))]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
