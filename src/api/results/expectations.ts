import { differenceText } from '../../pipeline/expand/facts.js';
import { comparedIn } from '../../pipeline/expand/repeats.js';
import type { Expectation, Pipeline } from '../../pipeline/expand/task.js';
import type { SourceRange } from '../../pipeline/text/diagnostic.js';
import { isReported, type Judged, outcomeOf, outcomeText } from '../../report/numbers/outcome.js';
import { type Judgement, judgeMetric, notCompared, type Wanted } from '../../report/numbers/verdict.js';
import type { Metrics, TaskId } from '../../values.js';

/** One comparison of `expect:`: of a task, or of the mean of those that repeat one another. */
export interface TaskVerdict extends Judgement, Judged {
  /** For means, without the axes of repetition. */
  readonly task: TaskId;
  readonly tasks: readonly TaskId[];
  readonly metric: string;
  readonly source: string;
  /** The other side of `equals:`. */
  readonly other?: { readonly task: TaskId; readonly metric: string };
  /** Of the expectation in the pipeline file. */
  readonly range: SourceRange;
}

/** Compares results with what the pipeline expects of them. */
export function compareExpectations(pipeline: Pipeline, metrics: ReadonlyMap<TaskId, Metrics>): TaskVerdict[] {
  const byId = new Map(pipeline.tasks.map((task) => [task.id, task]));
  return pipeline.expectations.flatMap((expectation) => {
    const { metric, expected, source = '', range, inapplicable } = expectation;
    return comparedIn(expectation, byId).map(({ id, samples, index }) => {
      const found = samples.map((sample) => sample.map((task) => metrics.get(task)));
      const judgement = judgeMetric(found, metric, wantedOf(expected, index, metrics));
      return {
        ...{ task: id, tasks: samples.flat(), metric, source, range },
        ...{
          sourced: source !== '',
          reported: isReported(metric, expectedValue(expected), source === '' ? undefined : source),
        },
        ...(expected.kind === 'equals' && { other: { task: expected.tasks[index]!, metric: expected.metric } }),
        ...(inapplicable === undefined ? judgement : notCompared(judgement)),
      };
    });
  });
}

/**
 * The outcome in a line, and why some of it was not compared.
 *
 * @param more to be said at the end of the line
 */
export function describeVerdicts(pipeline: Pipeline, verdicts: readonly TaskVerdict[], more = ''): string {
  const outcome = outcomeOf(verdicts);
  const counts = outcomeText(outcome) + more;
  if (outcome.others === 0) return counts;
  const reasons = new Set(pipeline.expectations.flatMap(({ inapplicable = [] }) => inapplicable.map(differenceText)));
  const shown = [...reasons].map((reason) => `\n  ${reason}`).join('');
  return `${counts}\nNot compared, because the numbers belong to a different run:${shown}`;
}

const expectedValue = (expected: Expectation['expected']) => (expected.kind === 'value' ? expected.value : undefined);

function wantedOf(expected: Expectation['expected'], index: number, metrics: ReadonlyMap<TaskId, Metrics>): Wanted {
  if (expected.kind !== 'equals') return expected;
  const other = expected.tasks[index]!;
  const { tolerance } = expected;
  return { kind: 'value', value: metrics.get(other)?.[expected.metric], tolerance, of: other };
}
