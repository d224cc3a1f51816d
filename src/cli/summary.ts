import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pipeline, Task } from '../pipeline/task.js';
import { type Cell, renderTable } from '../report/table.js';
import type { Metrics } from '../stage/definition.js';
import type { Store } from '../store/store.js';
import { program, shownPath } from './context.js';
import { compareExpectations } from './expect.js';
import { currentMetrics } from './results.js';

/** What a finished run says: the table of ANN and SNN, the expectations, where things lie, what to try next. */
export async function closingReport(
  pipeline: Pipeline,
  store: Store,
  tasks: readonly Task[],
  computed: boolean,
): Promise<string> {
  const metrics = await currentMetrics(pipeline, store);
  const parts: string[] = [];
  const rows = comparisonRows(pipeline, metrics);
  if (rows.length > 0) parts.push(renderTable(rows, columns(rows), 'text'));
  const verdicts = compareExpectations(pipeline, metrics);
  if (verdicts.length > 0) {
    const met = verdicts.filter(({ verdict }) => verdict === 'met').length;
    const more = met === verdicts.length ? '' : ` – see ${program} check ${shownPath(pipeline.file)}`;
    parts.push(`expect: ${met} of ${verdicts.length} met${more}\n`);
  }
  parts.push(places(pipeline, store, tasks));
  if (computed) parts.push(nextSteps(pipeline));
  return `\n${parts.join('\n')}`;
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
    const partners = anns.filter((ann) =>
      Object.entries(ann.task.labels).every(([axis, label]) => !(axis in task.labels) || task.labels[axis] === label),
    );
    const ann = partners.length === 1 ? partners[0]! : undefined;
    if (ann) used.add(ann.task);
    const [a, s] = [Number(ann?.found.accuracy), Number(found.accuracy)];
    return {
      ...task.labels,
      ANN: percent(a),
      SNN: percent(s),
      difference: Number.isFinite(s - a) ? signedPercent(s - a) : '–',
      'spikes/image': round(found.spikesPerImage),
      'SOPs/image (paper)': round(found.sopsPerImage),
    };
  });
  const alone = anns
    .filter(({ task }) => !used.has(task))
    .map(({ task, found }): Row => ({ ...task.labels, ANN: percent(Number(found.accuracy)) }));
  return [...alone, ...rows];
}

/** Axes first, in the order in which they appear, then the figures. */
function columns(rows: readonly Row[]) {
  const figures = ['ANN', 'SNN', 'difference', 'spikes/image', 'SOPs/image (paper)'];
  const axes = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => !figures.includes(key));
  const present = figures.filter((key) => rows.some((row) => row[key] !== undefined));
  return [...axes, ...present].map((key) => ({ key, format: grouped }));
}

const percent = (value: number): string => (Number.isFinite(value) ? `${(100 * value).toFixed(2)} %` : '–');
const signedPercent = (value: number): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${percent(Math.abs(value))}`;
const round = (value: unknown): Cell => (typeof value === 'number' ? Math.round(value) : '–');
/** 12345678 → 12,345,678 */
const grouped = (value: Cell): string =>
  typeof value === 'number' ? String(value).replace(/\B(?=(\d{3})+$)/g, ',') : (value?.toString() ?? '');

function places(pipeline: Pipeline, store: Store, tasks: readonly Task[]): string {
  const lines = tasks
    .filter(({ action }) => action.kind === 'stage' && action.uses === 'plot')
    .map((task) => join(store.publishedFolder(pipeline.name, task), Object.values(task.outputs)[0]!))
    .filter((folder) => existsSync(folder))
    .map((folder) => `plots:   ${shownPath(folder)}/`);
  return `${[...lines, `results: ${shownPath(join(store.folder, pipeline.name))}/`].join('\n')}\n`;
}

/** Three things that are true for this pipeline. */
function nextSteps(pipeline: Pipeline): string {
  const file = shownPath(pipeline.file);
  const steps = [
    [`${program} show ${file}`, 'all metrics'],
    [`${program} run ${file}`, 'again: nothing has changed, so nothing runs'],
  ];
  const sweep = Object.entries(pipeline.axes).find(
    ([, values]) => values.length > 1 && values.every((value) => typeof value === 'number'),
  );
  if (sweep !== undefined) {
    const [axis, values] = sweep as [string, number[]];
    const between = Number(((values.at(-2)! + values.at(-1)!) / 2).toPrecision(3));
    const more = [...values.slice(0, -1), between, values.at(-1)!].join(', ');
    steps.push([`${program} run ${file} --set '${axis}=[${more}]'`, 'only the new point runs']);
  }
  const width = Math.max(...steps.map(([command]) => command!.length));
  return `Next:\n${steps.map(([command, what]) => `  ${command!.padEnd(width)}  # ${what}`).join('\n')}\n`;
}
