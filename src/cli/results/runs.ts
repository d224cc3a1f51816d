// The results of all runs that are kept, side by side: what they were made with, and their metrics.

import { UserError } from '../../error.js';
import { pointParts } from '../../pipeline/check/reference.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { groupBy } from '../../report/numbers/group.js';
import { compareCells, meetsComparison, parseCondition } from '../../results/conditions.js';
import { type Objective, paretoFront } from '../../results/pareto.js';
import { runsOf } from '../../run/plan/history.js';
import { countOf } from '../../run/views/text.js';
import { suggestion } from '../../schema/suggest.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import { fittedLines } from '../../text/fitted-lines.js';
import { fittedTable } from '../../text/fitted-table.js';
import { jsonText } from '../../text/printable.js';
import { type Cell, distinctCells, renderTable } from '../../text/table.js';
import type { Metrics, TaskId } from '../../values.js';
import { terminalWidth } from '../terminal/output.js';
import { marked, scalarMetrics, titleOf } from './cells.js';

/** A result of one run or several. */
export interface RunResultRow {
  /** The newest run that has it. */
  readonly run: number;
  readonly finishedAt: string;
  readonly task: TaskId;
  readonly stage: string;
  readonly key: TaskKey;
  readonly axes: Readonly<Record<string, Cell>>;
  /** What the run was called with, by name: `--set`, `--profile`, `--engine`. */
  readonly call: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, Cell>>;
  readonly metrics: Metrics;
}

/** Every result of the runs that are kept, once, as far as the store still has it: the newest run first. */
export async function runResults(pipeline: Pipeline, store: Store): Promise<readonly RunResultRow[]> {
  const rows = new Map<string, RunResultRow>();
  const labels = new Map(pipeline.tasks.map((task) => [task.id, task.labels]));
  for await (const { run, finishedAt, tasks, set = [], profile, engine } of runsOf(store, pipeline.name)) {
    const call = Object.fromEntries([
      ...set.map((one): [string, string] => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
      ...(profile === undefined ? [] : [['profile', profile] as const]),
      ...(engine === undefined ? [] : [['engine', engine] as const]),
    ]);
    for (const [id, { key }] of Object.entries(tasks) as [TaskId, (typeof tasks)[TaskId]][]) {
      if (key === undefined || rows.has(`${id} ${key}`)) continue;
      const record = await store.record(key);
      if (record === undefined) continue;
      rows.set(`${id} ${key}`, {
        ...{ run, finishedAt, task: id, stage: stageOf(id), key, call },
        axes: labels.get(id) ?? labelsIn(id, Object.keys(record.provenance.axes)) ?? cellsOf(record.provenance.axes),
        parameters: cellsOf(record.parts.parameters as Readonly<Record<string, unknown>>),
        metrics: record.metrics,
      });
    }
  }
  return [...rows.values()];
}

/** The stage of a task, of which the pipeline may have none any more. */
export const stageOf = (id: TaskId): string => id.split('@')[0]!;

/** Labels of a task that the pipeline has no more, as its name says them: such as k1B2, where the axis has a map. */
function labelsIn(id: TaskId, axes: readonly string[]): Readonly<Record<string, string>> | undefined {
  const parts = id.includes('@') ? pointParts(id.slice(id.indexOf('@') + 1)) : [];
  const labels = Object.fromEntries(parts.map(({ axis, label = '' }) => [axis, label]));
  return parts.length === axes.length && axes.every((axis) => Object.hasOwn(labels, axis)) ? labels : undefined;
}

function cellsOf(values: Readonly<Record<string, unknown>>): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Cell),
    ]),
  );
}

/** Results to be compared, and what was left out. */
interface Comparable {
  readonly rows: readonly RunResultRow[];
  /** In words, what is not among them; undefined where all are. */
  readonly left?: string;
}

/** Without those of stages that measure nothing, such as pictures and pages, unless there are no others. */
export function withMetrics(all: readonly RunResultRow[]): Comparable {
  const measuring = new Set(
    all.filter(({ metrics }) => Object.keys(scalarMetrics(metrics)).length > 0).map(({ stage }) => stage),
  );
  const [rows, others] = [true, false].map((has) => all.filter(({ stage }) => measuring.has(stage) === has));
  if (rows!.length === 0 || others!.length === 0) return { rows: all };
  const stages = [...new Set(others!.map(({ stage }) => stage))];
  const are = others!.length === 1 ? 'is' : 'are';
  return {
    rows: rows!,
    left: `${countOf(others!.length, 'result')} without metrics ${are} left out (${stages.join(', ')})`,
  };
}

/** How runs are shown. */
export interface RunsOptions {
  /** Conditions such as `stage=snn` or `accuracy>=0.9`. */
  readonly where?: readonly string[];
  /** A name, with `-` before it for the largest first. */
  readonly sort?: string;
  /** Metrics, with `-` before those of which less is better. */
  readonly pareto?: string;
  readonly format: 'text' | 'md' | 'csv' | 'json';
}

/** @throws UserError for a name that no result has, and for what is no condition */
export function runsText(all: readonly RunResultRow[], { where = [], sort, pareto, format }: RunsOptions): string {
  const objectives = pareto === undefined ? [] : objectivesOf(pareto, all);
  const rows = chosenRuns(all, where, sort);
  const front = paretoFront(
    rows.map((row) => objectives.map(({ metric }) => row.metrics[metric])),
    objectives,
  );
  const isOn = (i: number) => objectives.length > 0 && front[i] === true;
  if (format === 'json')
    return jsonText(
      rows.map((row, i) => ({ ...row, ...(objectives.length > 0 && { front: isOn(i) }) })),
      2,
    );
  const marks = new Map(rows.map((row, i) => [row, isOn(i)]));
  const onFront = objectives.length > 0 ? (row: RunResultRow) => marks.get(row)! : undefined;
  // One table: what reads it knows no others behind it.
  if (format === 'csv') return rows.length === 0 ? '' : rowsTable(rows, format, onFront);
  const { rows: shown, left } = withMetrics(rows);
  const tables = [...groupBy(shown, ({ stage }) => stage)].map(
    ([stage, own]) => `${format === 'md' ? `## ${stage}\n\n` : `${stage}\n`}${rowsTable(own, format, onFront)}`,
  );
  const notes = [...(left === undefined ? [] : [`${left}\n`]), ...(rows.length > 0 && onFront ? [frontNote] : [])];
  const width = format === 'text' ? terminalWidth() : undefined;
  return [...tables, ...notes.map((note) => fittedLines(note, width))].join('\n');
}

const frontNote =
  'front: * is on the Pareto front. By results on test images it describes what was computed; to choose a network by it ' +
  'would be to choose by the test set.\n';

/**
 * Those that meet all conditions, sorted.
 *
 * @throws UserError for a name that none has, and for what is no condition
 */
export function chosenRuns(all: readonly RunResultRow[], where: readonly string[], sort?: string): RunResultRow[] {
  const known = knownNames(all);
  const conditions = where.map((text) => conditionOf(text, known));
  const rows = all.filter((row) => conditions.every((meets) => meets(row)));
  if (sort === undefined) return rows;
  const name = nameIn(sort.replace(/^-/, ''), known);
  const direction = sort.startsWith('-') ? -1 : 1;
  return rows.sort((a, b) => compareCells(namesOf(a)[name], namesOf(b)[name], direction));
}

/** Names of all that rows can be sorted and chosen by. */
export function knownNames(rows: readonly RunResultRow[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(namesOf(row))))];
}

/** What a row can be sorted and chosen by. Metrics count before parameters of the same name. */
export function namesOf({
  run,
  task,
  stage,
  call,
  axes,
  parameters,
  metrics,
}: RunResultRow): Readonly<Record<string, Cell>> {
  return { ...call, ...parameters, ...axes, ...scalarMetrics(metrics), run, task, stage };
}

/** Of one stage, or of all with their names. */
function rowsTable(
  rows: readonly RunResultRow[],
  format: 'text' | 'md' | 'csv',
  isOnFront: ((row: RunResultRow) => boolean) | undefined,
): string {
  const { cells, columns } = runColumns(rows, (row) => ({
    'count run': row.run,
    ...(format === 'csv' && { 'count stage': row.stage }),
    ...(isOnFront && { 'count front': isOnFront(row) ? '*' : '' }),
  }));
  return format === 'text' ? fittedTable(cells, columns, terminalWidth()) : renderTable(cells, columns, format);
}

/**
 * The columns of a table of results: what they were made with, as far as they differ in it, and their metrics.
 *
 * @param first what stands before that
 */
export function runColumns(rows: readonly RunResultRow[], first: (row: RunResultRow) => Record<string, Cell>) {
  // What is an axis of one stage may be a parameter of another.
  const axes = [...new Set(rows.flatMap((row) => Object.keys(row.axes)))];
  const parameters = differing(rows.map((row) => row.parameters)).filter(
    (name) => !axes.includes(name) && rows.every((row) => isReadable(row.parameters[name])),
  );
  const call = differing(rows.map((row) => row.call)).filter(
    (name) => !parameters.includes(name) && !axes.includes(name),
  );
  const cells = rows.map(
    (row): Record<string, Cell> => ({
      ...first(row),
      ...Object.fromEntries(axes.map((name) => [`axis ${name}`, row.axes[name] ?? row.parameters[name]])),
      ...Object.fromEntries(call.map((name) => [`call ${name}`, row.call[name]])),
      ...Object.fromEntries(parameters.map((name) => [`with ${name}`, row.parameters[name]])),
      ...marked('metric', scalarMetrics(row.metrics)),
    }),
  );
  const keys = [...new Set(cells.flatMap((row) => Object.keys(row)))];
  const columns = keys.map((key) => ({
    ...{ key, title: titleOf(key, keys), format: distinctCells(cells.map((row) => row[key])) },
    label: !key.startsWith('metric '),
  }));
  return { cells, columns };
}

/** Characters of a list or a map that are read in a table: of more, as of a page's expectations, none would be. */
const longestList = 60;
const isReadable = (cell: Cell): boolean => !/^[[{]/.test(String(cell)) || String(cell).length <= longestList;

/** Names of values that are not the same in all. */
function differing(all: readonly Readonly<Record<string, Cell>>[]): string[] {
  const names = new Set(all.flatMap((values) => Object.keys(values)));
  return [...names].filter((name) => new Set(all.map((values) => values[name])).size > 1);
}

/** @throws UserError for a name that no result has */
export function objectivesOf(text: string, rows: readonly RunResultRow[]): readonly Objective[] {
  const known = knownNames(rows);
  return text.split(',').map((name): Objective => {
    const metric = nameIn(name.trim().replace(/^[-+]/, ''), known);
    return { metric, better: name.trim().startsWith('-') ? 'less' : 'more' };
  });
}

function nameIn(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  throw new UserError('E_USAGE', `No result has a "${name}".`, suggestion(name, known));
}

function conditionOf(text: string, known: readonly string[]): (row: RunResultRow) => boolean {
  const condition = parseCondition(text);
  if (condition === undefined)
    throw new UserError(
      'E_USAGE',
      `--where ${text}: it must be a name, a comparison and a value.`,
      'such as stage=snn or accuracy>=0.9',
    );
  const wanted = nameIn(condition.name, known);
  return (row) => {
    const found = namesOf(row)[wanted];
    if (found === undefined || found === null) return false;
    const { comparison, value } = condition;
    return meetsComparison(compareCells(found, value), comparison, [found, value]);
  };
}
