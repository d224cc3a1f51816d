// What a step of a GitHub workflow shows beside its log: annotations, and a summary in Markdown.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

import { appendFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { TaskVerdict } from '../../api/results/expectations.js';
import { readText } from '../../files/read-text.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { SourceRange } from '../../pipeline/text/diagnostic.js';
import { type LinePlace, type PlacedDiagnostic, placeOf, shownOf } from '../../pipeline/text/format.js';
import type { RunEvent } from '../../run/events.js';
import { markdown } from '../../text/markup.js';
import { printable } from '../../text/printable.js';
import { print, printOwn } from '../terminal/output.js';

type Ended = Extract<RunEvent, { event: 'task' }>;

/** Of what a failed task wrote, this many lines at the end are in its annotation: the log of the step has more. */
const annotatedLines = 10;
/** Failures in a summary, which may not be longer than a mebibyte. */
const summedUp = 50;

/** Marks the mistakes of pipeline files where they are. */
export function annotateDiagnostics(diagnostics: readonly PlacedDiagnostic[]): void {
  for (const { severity, code, message, hint, ...place } of shownOf(diagnostics).shown)
    annotate(severity, code, [message, ...(hint === undefined ? [] : [`hint: ${hint}`])], place);
}

/** Marks the stages whose tasks failed, with the last lines that they wrote. */
export function annotateFailures({ tasks }: Pipeline, failures: readonly Ended[]): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const { task: id, failure } of failures) {
    const { code, message, hint, tail = [] } = failure!;
    const text = [message, ...(hint === undefined ? [] : [`hint: ${hint}`]), ...tail.slice(-annotatedLines)];
    annotate('error', `${id} failed [${code}]`, text, placeInFile(byId.get(id)?.range));
  }
}

/** Marks the expectations that are not met. */
export function annotateVerdicts(verdicts: readonly TaskVerdict[]): void {
  for (const { verdict, task, metric, expected, got, source, range } of verdicts) {
    if (verdict === 'met' || verdict === 'n/a') continue;
    const text = [
      `${metric} of ${task}: expected ${expected}, got ${got}`,
      ...(source === '' ? [] : [`source: ${source}`]),
    ];
    annotate('error', verdict === 'OFF' ? 'Off' : 'No result', text, placeInFile(range));
  }
}

/** The summary of a run: what became of the tasks, what failed and what that wrote last, and the table of results. */
export function summariseRun({ name }: Pipeline, counts: string, failures: readonly Ended[], results: string): void {
  const told = failures
    .slice(0, summedUp)
    .map(
      ({ task, failure }) =>
        `- **${markdown(task)}** failed: ${markdown(failure!.message)} \`${failure!.code}\`\n${codeBlock(failure!.tail)}`,
    );
  const more = failures.length > summedUp ? `- and ${failures.length - summedUp} more\n` : '';
  summarise(
    `run: ${markdown(name)}`,
    [`${counts}\n`, told.join('') + more, results].filter((part) => part !== '').join('\n'),
  );
}

/** Lines as they are, in an item of a list; its fence is longer than any of theirs. */
function codeBlock(lines: readonly string[] = []): string {
  if (lines.length === 0) return '';
  const runs = lines.join('\n').match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
  return `\n${[`${fence}text`, ...lines, fence].map((line) => `  ${line}\n`).join('')}`;
}

/** The summary of `check`: the paper's numbers beside ours. */
export function summariseCheck({ name }: Pipeline, table: string, met: string): void {
  summarise(`check: ${markdown(name)}`, `${met}\n\n${table}`);
}

function annotate(
  level: 'error' | 'warning',
  title: string,
  lines: readonly string[],
  { file, line, endLine, column: col, endColumn }: Partial<LinePlace>,
): void {
  const properties = {
    ...(file === undefined ? {} : { file: inWorkspace(file), line, endLine, col, endColumn }),
    title,
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  printOwn(`::${level} ${list.join(',')}::${escapeText(lines.join('\n'))}`);
}

/** A path as the repository has it. */
function inWorkspace(file: string): string {
  const path = relative(process.env.GITHUB_WORKSPACE ?? process.cwd(), resolve(file));
  return path.startsWith('..') ? file : path;
}

function placeInFile(range: SourceRange | undefined): Partial<LinePlace> {
  if (range === undefined) return {};
  return placeOf(range, (file) => {
    const text = readText(resolve(file));
    return typeof text === 'string' ? text : undefined;
  });
}

function summarise(heading: string, body: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, printable(`### ${heading}\n\n${body}\n`));
  } catch (error) {
    print(`The step's summary can't be written: ${(error as Error).message}`);
  }
}

const escapeText = (text: string): string =>
  printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
