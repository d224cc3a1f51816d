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
  /** `n/a`: the number belongs to other params or points than this call's. */
  readonly verdict: 'met' | 'OFF' | 'missing' | 'n/a';
  readonly source: string;
  /** Of the expectation in the pipeline file. */
  readonly range: SourceRange;
}

/** Compares results with what the pipeline expects of them. */
export function compareExpectations(pipeline: Pipeline, metrics: ReadonlyMap<TaskId, Metrics>): Verdict[] {
  return pipeline.expectations.flatMap((expectation) =>
    expectation.tasks.map((task, i): Verdict => {
      const compared = compareOne(expectation, task, i, metrics);
      return expectation.inapplicable === undefined ? compared : { ...compared, difference: '', verdict: 'n/a' };
    }),
  );
}

/**
 * The outcome in a line, and why some of it was not compared.
 *
 * @param more to be said at the end of the line
 */
export function describeVerdicts(pipeline: Pipeline, verdicts: readonly Verdict[], more = ''): string {
  const compared = verdicts.filter(({ verdict }) => verdict !== 'n/a').length;
  const met = verdicts.filter(({ verdict }) => verdict === 'met').length;
  const counts = compared === 0 ? 'nothing compared' : `${met} of ${compared} met`;
  if (compared === verdicts.length) return counts + more;
  const reasons = new Set(
    pipeline.expectations.flatMap(({ inapplicable = [] }) =>
      inapplicable.map(({ name, wanted, actual }) =>
        actual === undefined
          ? `the axis ${name} has no ${shownValue(wanted)} now`
          : `${name} is ${shownValue(actual)}, not ${shownValue(wanted)}`,
      ),
    ),
  );
  const shown = [...reasons].map((reason) => `\n  ${reason}`).join('');
  return `${counts}, ${verdicts.length - compared} not compared${more}\nNot compared are numbers of another run than this one:${shown}`;
}

const shownValue = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

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
