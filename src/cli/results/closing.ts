import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { pipelineFolderName } from '../../store/names.js';
import type { Store } from '../../store/store.js';
import { type Cell, renderTable } from '../../text/table.js';
import type { AxisValue, Metrics, TaskId } from '../../values.js';
import { callOf, shownPath } from '../opening/calls.js';
import type { PipelineOptions } from '../opening/options.js';
import { loadDescribed } from '../opening/pipeline.js';
import { marked, titleOf } from './current.js';
import { compareExpectations, describeVerdicts } from './expectations.js';

export interface ClosingReport {
  readonly pipeline: Pipeline;
  readonly store: Store;
  /** What chose the pipeline's present form: the calls that are proposed repeat it. */
  readonly options: PipelineOptions;
  readonly tasks: readonly Task[];
  /** Metrics of all tasks that are up to date. */
  readonly metrics: ReadonlyMap<TaskId, Metrics>;
  /** Where pages of results are. */
  readonly pages: readonly string[];
  /** Did anything run? Then something to try next is proposed. */
  readonly computed: boolean;
}

/** What a finished run says: the table of ANN and SNN, the expectations, where things lie, what to try next. */
export async function closingReport(run: ClosingReport): Promise<string> {
  const { pipeline, options, metrics } = run;
  const parts: string[] = [];
  const table = comparisonTable(pipeline, metrics, 'text');
  if (table !== '') parts.push(table);
  const verdicts = compareExpectations(pipeline, metrics);
  if (verdicts.length > 0) {
    const isOff = verdicts.some(({ verdict }) => verdict === 'OFF' || verdict === 'missing');
    const more = isOff ? ` – see ${callOf('check', pipeline, options)}` : '';
    parts.push(`expect: ${describeVerdicts(pipeline, verdicts, more)}\n`);
  }
  parts.push(places(run));
  if (run.computed) parts.push(await nextSteps(pipeline, options));
  return `\n${parts.join('\n')}`;
}

/** ANN and SNN side by side; empty where there is nothing of the kind. */
export function comparisonTable(
  pipeline: Pipeline,
  metrics: ReadonlyMap<string, Metrics>,
  format: 'text' | 'md',
): string {
  const rows = comparisonRows(pipeline, metrics);
  return rows.length === 0 ? '' : renderTable(rows, columns(rows), format);
}

type Row = Record<string, Cell>;

/** A row for each ANN result, and for each SNN result beside the ANN that it was made from. */
function comparisonRows(pipeline: Pipeline, metrics: ReadonlyMap<string, Metrics>): Row[] {
  const results = (uses: string) =>
    pipeline.tasks.flatMap((task) => {
      const found = metrics.get(task.id);
      return task.action.kind === 'stage' && task.action.uses === uses && found ? [{ task, found }] : [];
    });
  const anns = results('ann-infer');
  const snns = results('snn-infer');
  const used = new Set<Task>();
  const rows = snns.map(({ task, found }): Row => {
    const partners = anns.filter(
      (ann) =>
        partOf(ann.task) === partOf(task) &&
        Object.entries(ann.task.labels).every(([axis, label]) => !(axis in task.labels) || task.labels[axis] === label),
    );
    const ann = partners.length === 1 ? partners[0]! : undefined;
    if (ann) used.add(ann.task);
    const [a, s] = [Number(ann?.found.accuracy), Number(found.accuracy)];
    return {
      ...partColumn(task),
      ...marked('axis', task.labels),
      ...marked('metric', {
        ANN: percent(a),
        SNN: percent(s),
        difference: Number.isFinite(s - a) ? signedPercent(s - a) : '–',
        'spikes/image': round(found.spikesPerImage),
        'SOPs/image (paper)': round(found.sopsPerImage),
      }),
    };
  });
  const alone = anns
    .filter(({ task }) => !used.has(task))
    .map(
      ({ task, found }): Row => ({
        ...partColumn(task),
        ...marked('axis', task.labels),
        ...marked('metric', { ANN: percent(Number(found.accuracy)) }),
      }),
    );
  // Part by part, each with the ANNs that stand alone first.
  const all = [...alone, ...rows];
  const partIn = (row: Row) => row['metric part'];
  return [...new Set(all.map(partIn))].flatMap((part) => all.filter((row) => partIn(row) === part));
}

/** The included pipeline that a task belongs to; empty for the file's own. */
const partOf = ({ stage }: Task): string => stage.slice(0, Math.max(0, stage.lastIndexOf('/')));
const partColumn = (task: Task): Row => (partOf(task) === '' ? {} : marked('metric', { part: partOf(task) }));

/** Axes first, in the order in which they appear, then the figures. */
function columns(rows: readonly Row[]) {
  const figures = ['ANN', 'SNN', 'difference', 'spikes/image', 'SOPs/image (paper)'];
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const figureKeys = figures.map((name) => `metric ${name}`);
  const axes = keys.filter((key) => !figureKeys.includes(key));
  const present = figureKeys.filter((key) => rows.some((row) => row[key] !== undefined));
  return [...axes, ...present].map((key) => ({ key, title: titleOf(key, keys), format: grouped }));
}

const percent = (value: number): string => (Number.isFinite(value) ? `${(100 * value).toFixed(2)} %` : '–');
const signedPercent = (value: number): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${percent(Math.abs(value))}`;
const round = (value: unknown): Cell => (typeof value === 'number' ? Math.round(value) : '–');
/** 12345678 → 12,345,678 */
const grouped = (value: Cell): string =>
  typeof value === 'number' ? String(value).replace(/\B(?=(\d{3})+$)/g, ',') : (value?.toString() ?? '');

function places({ pipeline, store, tasks, pages }: ClosingReport): string {
  const plots = tasks
    .filter(({ action }) => action.kind === 'stage' && action.uses === 'plot')
    .map((task) => join(store.published(pipeline.name).folderOf(task), Object.values(task.outputs)[0]!))
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
  for (const [axis, values] of Object.entries(pipeline.axes)) {
    const longer = await longerAxis(pipeline, options, axis, values);
    if (longer === undefined) continue;
    steps.push([callOf('run', pipeline, longer), 'one more point: the others are kept']);
    break;
  }
  const width = Math.max(...steps.map(([call]) => call.length));
  return `Next:\n${steps.map(([call, what]) => `  ${call.padEnd(width)}  # ${what}`).join('\n')}\n`;
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
