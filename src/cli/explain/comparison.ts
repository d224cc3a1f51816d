import type { Change } from '../../run/events.js';
import type { StageComparison, TaskComparison, WhyIncomparable } from '../../run/explain/compare.js';
import { shortPair } from '../../run/plan/reasons.js';
import { fittedTable } from '../../text/fitted-table.js';
import { type Cell, type Column, distinctCells, shownCell } from '../../text/table.js';
import { terminalWidth } from '../terminal/output.js';
import { changeKind, changeValue, firstFew } from './reasons.js';

/** Rows of a table that are written out. */
const shownRows = 40;
const cellWidth = 40;

/** A comparison for people: for each stage that is another, what changed, and what became of the metrics. */
export function comparisonText(stages: readonly StageComparison[], [from, to]: readonly [string, string]): string {
  const titles = [from, to].map((name) => (name === 'now' ? name : `run ${name}`)) as [string, string];
  const sections = stages.flatMap((stage) => stageText(stage, titles));
  const same = stages.filter((stage) => stage.same > 0).map(({ stage, same }) => `${stage} (${same})`);
  if (same.length > 0) sections.push(`the same: ${same.join(', ')}\n`);
  return sections.length === 0 ? 'Neither has tasks.\n' : sections.join('\n');
}

function stageText(stage: StageComparison, titles: readonly [string, string]): string[] {
  const { changed, appeared, disappeared, unknown } = stage;
  const lines = [
    ...(appeared.length === 0 ? [] : [`appeared: ${firstFew(appeared)}`]),
    ...(disappeared.length === 0 ? [] : [`disappeared: ${firstFew(disappeared)}`]),
    ...unknownLines(unknown, titles),
  ].map((line) => `  ${line}\n`);
  if (changed.length === 0 && lines.length === 0) return [];
  const count = changed.length === 0 ? '' : `: ${changed.length} changed`;
  const tables = changed.length === 0 ? [] : [changesTable(changed, titles), metricsTable(changed, titles)];
  return [[`${stage.stage}${count}\n`, ...tables.filter((table) => table !== ''), ...lines].join('')];
}

const whys: Readonly<Record<WhyIncomparable, (side: string) => string>> = {
  gone: (side) => `the record of ${side} is gone`,
  failed: (side) => `failed in ${side}`,
  skipped: (side) => `skipped in ${side}`,
  waiting: () => 'waits for others now',
  partial: (side) => `not among the targets of ${side}`,
};

function unknownLines(unknown: StageComparison['unknown'], [from, to]: readonly [string, string]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { task, side, why } of unknown) {
    const text = whys[why](side === 'from' ? from : to);
    byReason.set(text, [...(byReason.get(text) ?? []), task]);
  }
  return [...byReason].map(([text, tasks]) => `not compared, because ${text}: ${firstFew(tasks)}`);
}

/** What keys consist of, old beside new; what changed alike in several tasks stands once. */
function changesTable(changed: readonly TaskComparison[], [from, to]: readonly [string, string]): string {
  const groups = new Map<string, { what: string; pairs: Map<string, readonly [string, string]>; tasks: Set<string> }>();
  for (const { task, reasons } of changed)
    for (const { code, text, changes = [] } of reasons)
      for (const change of changes.length === 0 ? [undefined] : changes) {
        const pair = change === undefined ? (['', ''] as const) : pairOf(code, change);
        const what = change === undefined || code === 'env' ? text : whatOf(code, change);
        // Contents of inputs differ from task to task: there, that they changed is enough.
        const id = code === 'input' ? what : JSON.stringify([what, pair]);
        const group = groups.get(id) ?? { what, pairs: new Map(), tasks: new Set() };
        groups.set(id, group);
        group.pairs.set(pair.join('\0'), pair);
        group.tasks.add(task);
      }
  const rows = [...groups.values()].map(({ what, pairs, tasks }) => {
    const [old, current] = [0, 1].map((side) => {
      const [one, ...more] = new Set([...pairs.values()].map((pair) => pair[side]!));
      return more.length === 0 ? one! : `${more.length + 1} ${side === 0 ? 'contents' : 'other contents'}`;
    });
    return {
      change: what,
      [from]: old,
      [to]: current,
      tasks: tasks.size === changed.length ? 'all' : firstFew([...tasks]),
    };
  });
  const keys = changed.length === 1 ? ['change', from, to] : ['change', from, to, 'tasks'];
  return tableText(
    rows,
    keys.map((key) => ({ key })),
  );
}

/** `parameter epochs`; items of a list go under the name of their input. */
function whatOf(code: string, change: Change): string {
  const kind = changeKind(code, change);
  const name = code === 'input' ? change.name.replace(/\[.*$/s, '') : change.name;
  return kind === name ? kind : `${kind} ${name}`;
}

function pairOf(code: string, { from, to }: Change): readonly [string, string] {
  const [old, current] = [from, to].map((value) => (value === undefined ? '–' : changeValue(code, value)));
  return shortPair(old!, current!, cellWidth);
}

function metricsTable(changed: readonly TaskComparison[], [from, to]: readonly [string, string]): string {
  const rows = changed.flatMap(({ task, metrics }) =>
    metrics.map(
      ({ name, from: old, to: current }): Record<string, Cell> => ({
        ...{ task, metric: name, ...metricCells([from, old], [to, current]) },
        difference: typeof old === 'number' && typeof current === 'number' ? current - old : undefined,
      }),
    ),
  );
  const format = distinctCells(rows.flatMap((row) => [row[from], row[to]]));
  const columns = [
    ...[{ key: 'task' }, { key: 'metric' }, { key: from, format }, { key: to, format }],
    {
      key: 'difference',
      format: (value: Cell) => (typeof value === 'number' && value > 0 ? '+' : '') + shownCell(value),
    },
  ];
  return rows.length === 0 ? '' : `\n${tableText(rows, columns)}`;
}

type Side = readonly [title: string, value: unknown];

/** Both values of a metric; of long texts what they begin with alike is cut, so that the difference stays. */
function metricCells([from, old]: Side, [to, current]: Side): Record<string, Cell> {
  const texts = [old, current].map((value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)));
  const cut = shortPair(texts[0]!, texts[1]!, cellWidth);
  const cell = (value: unknown, text: string): Cell =>
    value === undefined || typeof value === 'number' ? value : text;
  return { [from]: cell(old, cut[0]), [to]: cell(current, cut[1]) };
}

function tableText(rows: readonly Readonly<Record<string, Cell>>[], columns: readonly Column[]): string {
  const more = rows.length - shownRows;
  const width = terminalWidth();
  const fitting = width === undefined ? undefined : width - 2;
  const lines = fittedTable(rows.slice(0, shownRows), columns, fitting).trimEnd().split('\n');
  if (more > 0) lines.push(`… and ${more} more: --json lists them`);
  return lines.map((line) => `  ${line}\n`).join('');
}
