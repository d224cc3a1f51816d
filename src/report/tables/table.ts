import { markdown } from '../../text/markup.js';
import { type Column, renderTable } from '../../text/table.js';
import type { ItemVerdict } from '../content/content.js';
import { isReported, type Judged } from '../numbers/outcome.js';

/** A table of the report, for the page and as text. */
export interface ReportTable {
  /** For anchors: unique within a subject. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly ReportColumn[];
  /** Texts, ready to be read; empty where there is nothing to say. */
  readonly rows: readonly (readonly string[])[];
  /** What the reader must know: conventions, sources, assumptions. */
  readonly notes: readonly string[];
}

export interface ReportColumn {
  readonly title: string;
  readonly kind: 'text' | 'number' | 'verdict';
}

export const textColumn = (title: string): ReportColumn => ({ title, kind: 'text' });
export const numberColumn = (title: string): ReportColumn => ({ title, kind: 'number' });
export const verdictColumn: ReportColumn = { title: 'verdict', kind: 'verdict' };

/** What a table of expectations has beside the result that each of them is about. */
export const expectationColumns: readonly ReportColumn[] = [
  textColumn('metric'),
  numberColumn('expected'),
  numberColumn('got'),
  textColumn('95 % interval'),
  numberColumn('difference'),
  verdictColumn,
  textColumn('source'),
];

/** Leaves out columns that say nothing in any row. */
export function withoutEmpty(table: ReportTable): ReportTable {
  const used = table.columns.map((_, i) => table.rows.some((row) => row[i] !== ''));
  return {
    ...table,
    columns: table.columns.filter((_, i) => used[i]),
    rows: table.rows.map((row) => row.filter((_, i) => used[i])),
  };
}

/** The worst of several verdicts, or nothing where there are none. */
export function worstVerdict(verdicts: readonly ItemVerdict[]): string {
  const order = ['OFF', 'missing', 'met', 'n/a'] as const;
  return order.find((one) => verdicts.some((verdict) => verdict.verdict === one)) ?? '';
}

/** The same as far as it decides what may be said of all. */
export function judgedOf(verdicts: readonly ItemVerdict[]): Judged[] {
  return verdicts.map(({ verdict, metric, source, reference }) => ({
    ...{ verdict, sourced: source !== undefined, reported: isReported(metric, reference?.value, source) },
  }));
}

/** The numbers that a source gives for a metric, once each, and where they come from. */
export function referenceValues(verdicts: readonly ItemVerdict[]): number[] {
  return [...new Set(verdicts.flatMap(({ reference }) => (reference === undefined ? [] : [reference.value])))];
}

/** The number that ours is compared with; none where it belongs to another run. */
export function comparedValue(verdicts: readonly ItemVerdict[]): number | undefined {
  return referenceValues(verdicts.filter((one) => one.verdict !== 'n/a'))[0];
}

export function sourcesNote(verdicts: readonly ItemVerdict[]): string[] {
  const sources = new Set(
    verdicts.flatMap(({ reference, source }) => (reference === undefined || source === undefined ? [] : [source])),
  );
  return sources.size === 0 ? [] : [`Numbers of the paper: ${[...sources].join('; ')}.`];
}

/** A table with its title and notes as Markdown. */
export function markdownTable({ title, columns, rows, notes }: ReportTable): string {
  const keyed: Column[] = columns.map((column, i) => ({
    ...{ key: String(i), title: column.title, numeric: column.kind === 'number' },
  }));
  const table = renderTable(
    rows.map((row) => Object.fromEntries(row.map((cell, i) => [String(i), cell]))),
    keyed,
    'md',
  );
  return [`### ${title}\n\n${table}`, ...notes.map((note) => `${markdown(note)}\n`)].join('\n');
}
