import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { callOf, shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { loadDescribed } from '../../api/opening/pipeline.js';
import { outputsOfKind } from '../../api/results/declared.js';
import { compareExpectations, describeVerdicts } from '../../api/results/expectations.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Recognising } from '../../results/confusion.js';
import { pipelineFolderName } from '../../store/names.js';
import type { Store } from '../../store/store.js';
import { callLines, fittedLines } from '../../text/fitted-lines.js';
import type { AxisValue, Metrics, TaskId } from '../../values.js';
import { terminalWidth } from '../terminal/output.js';
import { resultsTable } from './results-table.js';

export interface ClosingReport {
  readonly pipeline: Pipeline;
  readonly store: Store;
  /** What chose the pipeline's present form: the calls that are proposed repeat it. */
  readonly options: PipelineOptions;
  readonly tasks: readonly Task[];
  /** Metrics of all tasks that are up to date. */
  readonly metrics: ReadonlyMap<TaskId, Metrics>;
  /** Which images those of them recognised that tell. */
  readonly recognised: ReadonlyMap<TaskId, Recognising>;
  /** Where pages of results are. */
  readonly pages: readonly string[];
  /** True if anything ran: something to try next is proposed then. */
  readonly computed: boolean;
}

/** What a finished run says: the table of results, the expectations, where things lie, what to try next. */
export async function closingReport(run: ClosingReport): Promise<string> {
  const { pipeline, options, metrics, recognised } = run;
  const parts: string[] = [];
  const table = resultsTable(pipeline, metrics, 'text', recognised);
  if (table !== '') parts.push(table);
  const verdicts = compareExpectations(pipeline, metrics);
  if (verdicts.length > 0) {
    const isOff = verdicts.some(({ verdict }) => verdict === 'OFF' || verdict === 'missing');
    const more = isOff ? ` – see ${callOf('check', pipeline, options)}` : '';
    parts.push(`${fittedLines(`expect: ${describeVerdicts(pipeline, verdicts, more)}`, terminalWidth(), 2)}\n`);
  }
  parts.push(places(run));
  if (run.computed) parts.push(await nextSteps(pipeline, options));
  return `\n${parts.join('\n')}`;
}

function places({ pipeline, store, tasks, pages }: ClosingReport): string {
  const plots = tasks
    .flatMap((task) =>
      outputsOfKind(task, 'pictures').map((output) =>
        join(store.published(pipeline.name).folderOf(task), task.outputs[output]!),
      ),
    )
    .filter((folder) => existsSync(folder))
    .map((folder) => `plots:   ${shownPath(folder)}/`);
  const lines = [...pages.map((page) => `report:  ${shownPath(page)}`), ...plots];
  return `${[...lines, `results: ${shownPath(join(store.folder, pipelineFolderName(pipeline.name)))}/`].join('\n')}\n`;
}

/** Calls that are right for this very pipeline. */
async function nextSteps(pipeline: Pipeline, options: PipelineOptions): Promise<string> {
  const steps: [call: string, what: string][] = [
    [callOf('show', pipeline, options), 'all metrics'],
    [callOf('run', pipeline, options), 'nothing has changed: nothing runs'],
  ];
  const repeat = new Set(pipeline.tasks.flatMap((task) => task.repeat ?? []));
  for (const [axis, values] of Object.entries(pipeline.axes)) {
    // One more seed is none between two.
    const longer = repeat.has(axis) ? undefined : await longerAxis(pipeline, options, axis, values);
    if (longer === undefined) continue;
    steps.push([callOf('run', pipeline, longer), 'one more point: the others are cached']);
    break;
  }
  return `${['Next:', ...callLines(steps, terminalWidth())].join('\n')}\n`;
}

/** The longest axis that is still good to read in a proposal. */
const longestAxis = 12;

/** The options that add a point to a numeric axis, one that its stages accept. */
async function longerAxis(
  pipeline: Pipeline,
  options: PipelineOptions,
  axis: string,
  values: readonly AxisValue[],
): Promise<PipelineOptions | undefined> {
  if (values.length < 2 || values.length > longestAxis || values.some((value) => typeof value !== 'number')) return;
  const numbers = values as readonly number[];
  const [before, last] = numbers.slice(-2) as [number, number];
  const between = Number(((before + last) / 2).toPrecision(3));
  const others = (options.set ?? []).filter((one) => !one.startsWith(`${axis}=`));
  for (const longer of [
    [...numbers.slice(0, -1), between, last],
    [...numbers, last + (last - before)],
  ]) {
    const longerOptions = { ...options, set: [...others, `${axis}=[${longer.join(', ')}]`] };
    const { set, profile } = longerOptions;
    const loading = { set, ...(profile === undefined ? {} : { profile }) };
    if ((await loadDescribed(pipeline.file, loading)).pipeline !== undefined) return longerOptions;
  }
  return;
}
