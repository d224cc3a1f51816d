import type { SourceRange } from '../pipeline/diagnostic.js';
import type { Expectation, Pipeline, TaskId } from '../pipeline/task.js';
import type { Metrics, MetricValue } from '../stage/definition.js';

/** One comparison of `expect:` at one task. */
export interface Verdict {
  readonly task: TaskId;
  readonly metric: string;
  readonly expected: string;
  readonly got: string;
  readonly difference: string;
  readonly verdict: 'met' | 'OFF' | 'missing';
  readonly source: string;
  /** Of the expectation in the pipeline file. */
  readonly range: SourceRange;
}

/** Compares results with what the pipeline expects of them. */
export function compareExpectations(pipeline: Pipeline, metrics: ReadonlyMap<TaskId, Metrics>): Verdict[] {
  return pipeline.expectations.flatMap((expectation) =>
    expectation.tasks.map((task, i) => compareOne(expectation, task, i, metrics)),
  );
}

function compareOne(
  expectation: Expectation,
  task: TaskId,
  index: number,
  metrics: ReadonlyMap<TaskId, Metrics>,
): Verdict {
  const { metric, expected, source = '', range } = expectation;
  const value = metrics.get(task)?.[metric];
  const about = { task, metric, source, range };
  const missing = (wanted: string): Verdict => ({
    ...about,
    expected: wanted,
    got: show(value),
    difference: '',
    verdict: 'missing',
  });
  if (expected.kind === 'bounds') {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = expected;
    const wanted = [expected.min === undefined ? '' : `≥ ${min}`, expected.max === undefined ? '' : `≤ ${max}`]
      .join(' ')
      .trim();
    if (value === undefined) return missing(wanted);
    // A loss that became NaN is kept as a text: it is there, and within no bounds.
    if (typeof value !== 'number')
      return { ...about, expected: wanted, got: show(value), difference: '', verdict: 'OFF' };
    const difference = value < min ? value - min : value > max ? value - max : 0;
    const verdict = difference === 0 ? 'met' : 'OFF';
    return {
      ...about,
      expected: wanted,
      got: show(value),
      difference: difference === 0 ? '' : show(difference),
      verdict,
    };
  }
  const tolerance = expected.tolerance > 0 ? ` ± ${expected.tolerance}` : '';
  const reference: MetricValue | undefined =
    expected.kind === 'value' ? expected.value : metrics.get(expected.tasks[index]!)?.[expected.metric];
  const wanted = `${show(reference)}${tolerance}${expected.kind === 'equals' ? ` (${expected.tasks[index]})` : ''}`;
  if (value === undefined || reference === undefined) return missing(wanted);
  if (typeof value !== 'number' || typeof reference !== 'number') {
    const verdict = JSON.stringify(value) === JSON.stringify(reference) ? 'met' : 'OFF';
    return { ...about, expected: wanted, got: show(value), difference: '', verdict };
  }
  const difference = value - reference;
  // A hair more than the tolerance: 0.1 + 0.2 must not be off by its last bit.
  const slack = Math.abs(reference) * 4 * Number.EPSILON;
  const verdict = Math.abs(difference) <= expected.tolerance + (expected.tolerance > 0 ? slack : 0) ? 'met' : 'OFF';
  return { ...about, expected: wanted, got: show(value), difference: show(difference), verdict };
}

function show(value: MetricValue | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(10))) : String(value);
}
