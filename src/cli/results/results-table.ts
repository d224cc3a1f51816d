import type { Pipeline } from '../../pipeline/expand/task.js';
import {
  amountEstimate,
  countEstimate,
  differenceNotes,
  estimateNotes,
  percentEstimate,
  pointsEstimate,
} from '../../report/numbers/estimates.js';
import { groupBy } from '../../report/numbers/group.js';
import { discordance, type Recognising } from '../../results/confusion.js';
import {
  byRepetition,
  bySeed,
  estimateMetric,
  pairedDifferences,
  type Repeated,
  undeclaredNotes,
} from '../../results/repetitions.js';
import { type Estimate, estimate, pairedDifference } from '../../results/statistics.js';
import type { ColumnDeclaration } from '../../stage/definition.js';
import { fittedTable } from '../../text/fitted-table.js';
import { markdown } from '../../text/markup.js';
import { type Cell, renderTable } from '../../text/table.js';
import type { AxisValue, Metrics, MetricValue, TaskId } from '../../values.js';
import { terminalWidth } from '../terminal/output.js';
import { marked, readableLabels, titleOf } from './cells.js';

/** A task whose stage has columns, or several that repeat one another, with the metrics that go into them. */
interface Entry extends Repeated<Metrics> {
  readonly stage: string;
  /** Values on the axes, of the first one. */
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly columns: readonly ColumnDeclaration[];
  /** Which images were recognised, if it is one task that tells. */
  readonly recognised: Recognising | undefined;
}

/** Which images tasks recognised, by task. */
type AllRecognised = ReadonlyMap<TaskId, Recognising>;

type Row = Record<string, Cell>;

/**
 * The columns that stages declare, a row a task; tasks that are compared share one, and so do those that repeat one another.
 * Below it stands what its intervals are. Empty where there is nothing to show.
 *
 * @param recognised what tells of the images that tasks recognised: with it, differences of two runs have an interval
 */
export function resultsTable(
  pipeline: Pipeline,
  metrics: ReadonlyMap<string, Metrics>,
  format: 'text' | 'md',
  recognised: AllRecognised = new Map(),
): string {
  const { rows, columns, notes } = resultsContent(pipeline, metrics, recognised);
  if (rows.length === 0) return '';
  // In Markdown, lines that follow on each other are one paragraph.
  const told = format === 'md' ? notes.map((note) => `\n${markdown(note)}\n`) : notes.map((note) => `${note}\n`);
  const table = format === 'text' ? fittedTable(rows, columns, terminalWidth()) : renderTable(rows, columns, format);
  return table + told.join('');
}

/** The same before it is written. */
export function resultsContent(
  pipeline: Pipeline,
  metrics: ReadonlyMap<string, Metrics>,
  recognised: AllRecognised = new Map(),
) {
  const entries = entriesOf(pipeline, metrics, recognised);
  const differences: Estimate[] = [];
  const rows = rowsOf(entries, differences);
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const figures = new Set(entries.flatMap(({ columns }) => columns.map(({ title }) => `metric ${title}`)));
  // Axes first, in the order in which they appear.
  const ordered = [...keys.filter((key) => !figures.has(key)), ...keys.filter((key) => figures.has(key))];
  const columns = ordered.map((key) => ({
    ...{ key, title: titleOf(key, keys), format: grouped },
    label: !figures.has(key),
  }));
  const estimates = entries.flatMap((entry) => entry.columns.flatMap((column) => intervalOf(entry, column) ?? []));
  const notes = [...estimateNotes(estimates), ...differenceNotes(differences), ...undeclaredNotes(pipeline.tasks)];
  return { rows, columns, notes };
}

function entriesOf(pipeline: Pipeline, metrics: ReadonlyMap<string, Metrics>, recognised: AllRecognised): Entry[] {
  const found = pipeline.tasks.flatMap((task) => {
    const { columns = [] } = task.action.kind === 'stage' ? task.action.definition : {};
    const own = metrics.get(task.id);
    return columns.length === 0 || own === undefined ? [] : [{ task, columns, labels: task.labels, metrics: own }];
  });
  return [...groupBy(found, ({ task }) => task.stage)].flatMap(([stage, tasks]) => {
    const [{ task, columns }] = tasks as [(typeof found)[number]];
    return byRepetition(tasks, task.repeat ?? []).map(({ samples, ...about }): Entry => {
      const [first, ...others] = samples.flat() as [(typeof found)[number]];
      const only = others.length === 0 ? recognised.get(first.task.id) : undefined;
      const values = samples.map((sample) => sample.map((run) => run.metrics));
      const { axes } = first.task;
      return { stage, axes, ...about, columns, samples: values, recognised: only };
    });
  });
}

/**
 * A row for each task that is compared with none, and for each that is compared, beside the one it is compared with.
 *
 * @param differences takes those that have an interval
 */
function rowsOf(entries: readonly Entry[], differences: Estimate[]): Row[] {
  const used = new Set<Entry>();
  const comparing = entries.filter(({ columns }) => columns.some(({ minus }) => minus !== undefined));
  const named = ambiguousParts(entries);
  const compared = comparing.map((entry): Row => {
    const partner = partnerOf(entry, entries);
    if (partner !== undefined) used.add(partner);
    const missing = entry.columns.flatMap(({ minus }) => (minus === undefined ? [] : [[minus, none] as const]));
    const cells = partner === undefined ? Object.fromEntries(missing) : cellsOf(partner);
    return rowOf(entry, { ...cells, ...cellsOf(entry, partner, differences) }, named);
  });
  const alone = entries
    .filter((entry) => !used.has(entry) && !comparing.includes(entry))
    .map((entry) => rowOf(entry, cellsOf(entry), named));
  // Part by part, each with those that stand alone first.
  const all = [...alone, ...compared];
  const partIn = (row: Row) => row['metric part'];
  return [...new Set(all.map(partIn))].flatMap((part) => all.filter((row) => partIn(row) === part));
}

function rowOf({ stage, labels, axes }: Entry, cells: Row, named: ReadonlySet<string>): Row {
  const part = partOf(stage);
  return {
    ...(part === '' ? {} : marked('metric', { part })),
    ...(named.has(part) ? marked('metric', { stage: part === '' ? stage : stage.slice(part.length + 1) }) : {}),
    ...marked('axis', readableLabels(labels, axes)),
    ...marked('metric', cells),
  };
}

/** The included pipeline that a task belongs to; empty for the file's own. */
const partOf = (stage: string): string => stage.slice(0, Math.max(0, stage.lastIndexOf('/')));

/** The parts in which several stages have a column: their rows are told apart by their names. */
function ambiguousParts(entries: readonly Entry[]): ReadonlySet<string> {
  const stages = new Map<string, string>();
  return new Set(
    entries.flatMap(({ stage, columns }) =>
      columns.flatMap(({ title }) => {
        const part = partOf(stage);
        const column = `${part}/${title}`;
        const first = stages.get(column) ?? stage;
        stages.set(column, first);
        return first === stage ? [] : [part];
      }),
    ),
  );
}

/** The one task of the same part, at the same point of the axes, that has all columns which an entry is compared with. */
function partnerOf(entry: Entry, entries: readonly Entry[]): Entry | undefined {
  const { stage, labels, columns } = entry;
  const wanted = columns.flatMap(({ minus }) => minus ?? []);
  const partners = entries.filter(
    (other) =>
      other !== entry &&
      partOf(other.stage) === partOf(stage) &&
      wanted.every((title) => other.columns.some((column) => column.title === title)) &&
      Object.entries(other.labels).every(([axis, label]) => !(axis in labels) || labels[axis] === label),
  );
  return partners.length === 1 ? partners[0] : undefined;
}

/** What stands where there is no number. */
const none = '–';

function cellsOf(entry: Entry, partner?: Entry, differences: Estimate[] = []): Row {
  const cells = entry.columns.map((column): readonly [string, Cell] => {
    const { title, metric, format = 'plain', minus } = column;
    const value = valueIn(entry, metric);
    if (minus === undefined) {
      const estimate = intervalOf(entry, column);
      return [title, estimate === undefined ? shown(value, format) : shownEstimate(estimate, format)];
    }
    const other = partner?.columns.find((candidate) => candidate.title === minus);
    const from = other && valueIn(partner!, other.metric);
    if (typeof value !== 'number' || typeof from !== 'number') return [title, none];
    const paired = format === 'percent' ? pairedEstimate(entry, metric, partner!, other!.metric) : undefined;
    if (paired?.interval === undefined || paired.sd === 0) return [title, difference(value - from, format)];
    differences.push(paired);
    return [title, pointsEstimate(paired, ' %')];
  });
  return Object.fromEntries(cells);
}

/** The metric of a task, or its mean over repetitions; what is no number must be the same for all of them. */
function valueIn({ samples }: Entry, metric: string): MetricValue | undefined {
  const [first, ...others] = samples.flat().map((run) => run[metric]);
  if (others.length === 0) return first;
  const same = others.every((value) => value === first) ? first : undefined;
  return estimateMetric(samples, metric)?.mean ?? same;
}

/**
 * Of repetitions the mean of their differences, which are less spread than what they are differences of; so too of several
 * seeds of the noise in one task. Of two single accuracies, by the images that only one of both recognised.
 */
function pairedEstimate(entry: Entry, metric: string, partner: Entry, partners: string): Estimate | undefined {
  const valuesOf = ({ samples, repetitions }: Entry, of: string) =>
    new Map(samples.map((runs, i) => [repetitions[i]!, estimateMetric([runs], of)?.mean ?? Number.NaN]));
  const [own, other] = [valuesOf(entry, metric), valuesOf(partner, partners)];
  if (own.size === 1 && other.size === 1) return singleDifference(entry, metric, partner, partners);
  const pairs = own.size > 1 ? pairedDifferences(own, other) : undefined;
  return pairs?.every(Number.isFinite) ? estimate(pairs) : undefined;
}

function singleDifference(entry: Entry, metric: string, partner: Entry, partners: string): Estimate | undefined {
  const [own, other] = [entry, partner].map(({ samples }) => samples.flat()) as [Metrics[], Metrics[]];
  if (own.length !== 1 || other.length !== 1) return undefined;
  const [draws, from] = [own[0]![bySeed(metric)], other[0]![partners]];
  if (Array.isArray(draws) && draws.length > 1 && typeof from === 'number' && !(bySeed(partners) in other[0]!))
    return estimate(draws.map((draw) => Number(draw) - from));
  if (metric !== 'accuracy' || partners !== 'accuracy') return undefined;
  if (entry.recognised === undefined || partner.recognised === undefined) return undefined;
  const different = discordance(entry.recognised, partner.recognised);
  return different && pairedDifference(different.gained, different.lost, entry.recognised.images);
}

/** What a column shows with an interval; undefined where there is none. */
function intervalOf({ samples }: Entry, { metric, minus }: ColumnDeclaration): Estimate | undefined {
  const estimate = minus === undefined ? estimateMetric(samples, metric) : undefined;
  return estimate?.interval === undefined ? undefined : estimate;
}

type Format = NonNullable<ColumnDeclaration['format']>;

function shown(value: MetricValue | undefined, format: Format): Cell {
  if (value === undefined || typeof value === 'object') return none;
  if (typeof value !== 'number' || format === 'plain') return value;
  if (!Number.isFinite(value)) return none;
  return format === 'whole' ? Math.round(value) : percent(value);
}

function shownEstimate(estimate: Estimate, format: Format): string {
  if (format === 'percent') return percentEstimate(estimate, ' %');
  return format === 'whole' ? countEstimate(estimate) : amountEstimate(estimate);
}

function difference(value: number, format: Format): Cell {
  if (!Number.isFinite(value)) return none;
  if (value === 0) return '0';
  return `${value > 0 ? '+' : '−'}${grouped(shown(Math.abs(value), format))}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
/** 12345678 → 12,345,678 */
const grouped = (value: Cell): string =>
  Number.isInteger(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, ',') : (value?.toString() ?? '');
