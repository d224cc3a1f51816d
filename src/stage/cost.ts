/**
 * Something that the time of a task grows with: a parameter that is a number, the length of one that may be a list, or a
 * metric of the task that makes an input, such as how many images there are.
 */
export type CostCount = string | { readonly lengthOf: string } | { readonly input: string; readonly metric: string };

/**
 * What the time of a stage's tasks depends on, for those who ask beforehand how long a run will take. A stage's file has it
 * beside the stage, as `export const cost`: it changes no result, and is no part of keys.
 */
export interface StageCost {
  /** The time is about proportional to each of them. Default: it is about the same for all tasks. */
  readonly counts?: readonly CostCount[];
  /**
   * Parameters of which another value is work of another kind: the time for one says nothing of the time for another, nor
   * do the times of tasks that use their results.
   */
  readonly apart?: readonly string[];
}

/** What is wrong with a `cost` of a file of the user's, one phrase a problem; empty if nothing is. */
export function costProblems(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const { counts = [], apart = [] } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isText = (one: unknown): one is string => typeof one === 'string';
  const isCount = (one: unknown) => {
    if (isText(one)) return true;
    const { lengthOf, input, metric } = (one ?? {}) as Readonly<Record<string, unknown>>;
    return isText(lengthOf) || (isText(input) && isText(metric));
  };
  const problems: string[] = [];
  if (!Array.isArray(counts) || !counts.every(isCount))
    problems.push('cost.counts must list names of parameters, { lengthOf } or { input, metric }');
  if (!Array.isArray(apart) || !apart.every(isText)) problems.push('cost.apart must list names of parameters');
  return problems;
}
