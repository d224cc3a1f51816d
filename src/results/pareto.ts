/** A metric, and whether more of it is better. */
export interface Objective {
  readonly metric: string;
  readonly better: 'more' | 'less';
}

/**
 * Which of several are on the Pareto front: none of the others is at least as good in every objective and better in one.
 * Those without one of the numbers are not compared.
 *
 * @param values the numbers of each, in the order of the objectives
 */
export function paretoFront(
  values: readonly (readonly unknown[])[],
  objectives: readonly Objective[],
): readonly boolean[] {
  const points = values.map((numbers) =>
    numbers.every((one) => typeof one === 'number' && Number.isFinite(one))
      ? objectives.map(({ better }, i) => (better === 'more' ? 1 : -1) * (numbers[i] as number))
      : undefined,
  );
  const dominates = (a: readonly number[], b: readonly number[]) =>
    a.every((value, i) => value >= b[i]!) && a.some((value, i) => value > b[i]!);
  return points.map(
    (point) => point !== undefined && !points.some((other) => other !== undefined && dominates(other, point)),
  );
}
