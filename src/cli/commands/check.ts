import { callOf, shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { currentMetrics } from '../../api/results/current.js';
import { compareExpectations, describeVerdicts, type TaskVerdict } from '../../api/results/expectations.js';
import { fittedTable } from '../../text/fitted-table.js';
import { renderTable, type TableFormat } from '../../text/table.js';
import { annotateVerdicts, summariseCheck } from '../ci/github.js';
import { junit } from '../ci/junit.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { inGitHub, print, printText, terminalWidth } from '../terminal/output.js';
import { writeOutput } from '../terminal/output-file.js';

export interface CheckOptions extends PipelineOptions {
  readonly junit?: string;
}

/** `check`: results beside what the pipeline expects; exit code 1 where one is off or missing. */
export async function checkCommand(file: string | undefined, options: CheckOptions): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const metrics = await currentMetrics(pipeline, openStore(options, pipeline));
  const verdicts = compareExpectations(pipeline, metrics);
  /** The sides that have a result, but not this metric: to run them again would not help. */
  const lacking = ({ tasks, metric, other }: TaskVerdict): readonly Side[] =>
    [...tasks.map((task) => ({ task, metric })), ...(other ? [other] : [])].filter(
      (side) => metrics.get(side.task)?.[side.metric] === undefined && metrics.has(side.task),
    );
  const isToRun = ({ tasks, other }: TaskVerdict) =>
    tasks.some((task) => !metrics.has(task)) || (other !== undefined && !metrics.has(other.task));
  const cases = verdicts.map((verdict) => testCase(verdict, lacking(verdict).length > 0));
  if (options.junit !== undefined) await writeOutput(options.junit, junit(pipeline.name, cases));
  if (verdicts.length === 0) {
    print(`${shownPath(pipeline.file)} expects nothing: it has no \`expect:\`.`);
    return exitCodes.done;
  }
  print(table(verdicts, 'text'));
  const outcome = describeVerdicts(pipeline, verdicts);
  print(`\n${outcome}`);
  const missing = verdicts.filter(({ verdict }) => verdict === 'missing');
  const absences = missing.flatMap(lacking).map((side) => absence(side, Object.keys(metrics.get(side.task)!)));
  for (const text of new Set(absences)) print(text);
  if (missing.some(isToRun)) printText(`Results are missing or out of date: ${callOf('run', pipeline, options)}`);
  if (inGitHub()) {
    annotateVerdicts(verdicts);
    summariseCheck(pipeline, table(verdicts, 'md'), outcome);
  }
  const isGood = verdicts.every(({ verdict }) => verdict === 'met' || verdict === 'n/a');
  return isGood ? exitCodes.done : exitCodes.failed;
}

function table(verdicts: readonly TaskVerdict[], format: TableFormat): string {
  const rows = verdicts.map(({ range: _, other: __, tasks: ___, ...cells }) => cells);
  const known = rows.some(({ interval }) => interval !== '') ? ['interval'] : [];
  const keys = ['verdict', 'task', 'metric', 'expected', 'got', ...known, 'difference', 'source'];
  const columns = keys.map((key) => ({ key, ...(key === 'interval' ? { title: '95 % interval' } : {}) }));
  return format === 'text' ? fittedTable(rows, columns, terminalWidth()) : renderTable(rows, columns, format);
}

type Side = Pick<TaskVerdict, 'task' | 'metric'>;

function absence({ task, metric }: Side, others: readonly string[]): string {
  const has =
    others.length > 0
      ? `it has ${others.join(', ')}`
      : 'a command writes its metrics to the JSON file of its output `metrics`';
  return `${task} has no metric "${metric}": ${has}.`;
}

function testCase(
  { verdict, task, metric, expected, got, interval, difference, source }: TaskVerdict,
  lacking: boolean,
) {
  const name = `${metric} ${expected}`;
  if (verdict === 'met') return { group: task, name };
  if (verdict === 'n/a') return { group: task, name, skipped: 'the number belongs to a different run' };
  const none = lacking ? 'the result has no such metric' : 'there is no result, or it is out of date';
  const message = verdict === 'OFF' ? `got ${got}` : none;
  const facts = { expected, got, interval, difference, source };
  const details = Object.entries(facts).flatMap(([key, value]) => (value === '' ? [] : [`${key}: ${value}`]));
  return { group: task, name, failure: { message, details: details.join('\n') } };
}
