import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { ColumnDeclaration } from '../../stage/definition.js';
import { type Cell, renderTable } from '../../text/table.js';
import type { Metrics, MetricValue } from '../../values.js';
import { marked, titleOf } from './cells.js';

/** A task whose stage has columns, with the metrics that go into them. */
interface Entry {
  readonly task: Task;
  readonly columns: readonly ColumnDeclaration[];
  readonly metrics: Metrics;
}

type Row = Record<string, Cell>;

/** The columns that stages declare, a row a task; tasks that are compared share one. Empty where there is nothing to show. */
export function resultsTable(pipeline: Pipeline, metrics: ReadonlyMap<string, Metrics>, format: 'text' | 'md'): string {
  const entries = pipeline.tasks.flatMap((task): readonly Entry[] => {
    const { columns = [] } = task.action.kind === 'stage' ? task.action.definition : {};
    const found = metrics.get(task.id);
    return columns.length === 0 || found === undefined ? [] : [{ task, columns, metrics: found }];
  });
  const rows = rowsOf(entries);
  if (rows.length === 0) return '';
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const figures = new Set(entries.flatMap(({ columns }) => columns.map(({ title }) => `metric ${title}`)));
  // Axes first, in the order in which they appear.
  const ordered = [...keys.filter((key) => !figures.has(key)), ...keys.filter((key) => figures.has(key))];
  const columns = ordered.map((key) => ({ key, title: titleOf(key, keys), format: grouped }));
  return renderTable(rows, columns, format);
}

/** A row for each task that is compared with none, and for each that is compared, beside the one it is compared with. */
function rowsOf(entries: readonly Entry[]): Row[] {
  const used = new Set<Entry>();
  const comparing = entries.filter(({ columns }) => columns.some(({ minus }) => minus !== undefined));
  const compared = comparing.map((entry): Row => {
    const partner = partnerOf(entry, entries);
    if (partner !== undefined) used.add(partner);
    const missing = entry.columns.flatMap(({ minus }) => (minus === undefined ? [] : [[minus, none] as const]));
    const cells = partner === undefined ? Object.fromEntries(missing) : cellsOf(partner);
    return rowOf(entry, { ...cells, ...cellsOf(entry, partner) });
  });
  const alone = entries
    .filter((entry) => !used.has(entry) && !comparing.includes(entry))
    .map((entry) => rowOf(entry, cellsOf(entry)));
  // Part by part, each with those that stand alone first.
  const all = [...alone, ...compared];
  const partIn = (row: Row) => row['metric part'];
  return [...new Set(all.map(partIn))].flatMap((part) => all.filter((row) => partIn(row) === part));
}

function rowOf({ task }: Entry, cells: Row): Row {
  const part = partOf(task);
  return {
    ...(part === '' ? {} : marked('metric', { part })),
    ...marked('axis', task.labels),
    ...marked('metric', cells),
  };
}

/** The included pipeline that a task belongs to; empty for the file's own. */
const partOf = ({ stage }: Task): string => stage.slice(0, Math.max(0, stage.lastIndexOf('/')));

/** The one task of the same part, at the same point of the axes, that has all columns which an entry is compared with. */
function partnerOf({ task, columns }: Entry, entries: readonly Entry[]): Entry | undefined {
  const wanted = columns.flatMap(({ minus }) => minus ?? []);
  const partners = entries.filter(
    (other) =>
      other.task !== task &&
      partOf(other.task) === partOf(task) &&
      wanted.every((title) => other.columns.some((column) => column.title === title)) &&
      Object.entries(other.task.labels).every(([axis, label]) => !(axis in task.labels) || task.labels[axis] === label),
  );
  return partners.length === 1 ? partners[0] : undefined;
}

/** What stands where there is no number. */
const none = '–';

function cellsOf({ columns, metrics }: Entry, partner?: Entry): Row {
  const cells = columns.map(({ title, metric, format = 'plain', minus }): readonly [string, Cell] => {
    const value = metrics[metric];
    if (minus === undefined) return [title, shown(value, format)];
    const other = partner?.columns.find((column) => column.title === minus);
    const from = other && partner?.metrics[other.metric];
    const known = typeof value === 'number' && typeof from === 'number';
    return [title, known ? difference(value - from, format) : none];
  });
  return Object.fromEntries(cells);
}

type Format = NonNullable<ColumnDeclaration['format']>;

function shown(value: MetricValue | undefined, format: Format): Cell {
  if (value === undefined || typeof value === 'object') return none;
  if (typeof value !== 'number' || format === 'plain') return value;
  if (!Number.isFinite(value)) return none;
  return format === 'whole' ? Math.round(value) : percent(value);
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
