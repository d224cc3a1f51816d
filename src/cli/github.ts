// What a step of a GitHub workflow shows beside its log: annotations, and a summary in Markdown.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

import { appendFileSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Diagnostic, SourceRange } from '../pipeline/diagnostic.js';
import { placeOf, type TextOf } from '../pipeline/format.js';
import type { Pipeline } from '../pipeline/task.js';
import type { RunEvent } from '../run/events.js';
import { print } from './context.js';
import type { Verdict } from './expect.js';

type Ended = Extract<RunEvent, { event: 'task' }>;

/** Of a failed task's log, this many lines at the end are shown: the machine is gone before anybody can ask for it. */
const logLines = 50;

/** Is this a step of a GitHub workflow? */
export function inGitHub(): boolean {
  return process.env.GITHUB_ACTIONS === 'true';
}

/** Marks the mistakes of pipeline files where they are. */
export function annotateDiagnostics(diagnostics: readonly Diagnostic[], textOf: TextOf): void {
  for (const { severity, code, message, hint, range } of diagnostics)
    annotate(severity, code, [message, ...(hint === undefined ? [] : [`hint: ${hint}`])], range, textOf);
}

/** Marks the stages whose tasks failed, with the end of their logs. */
export function annotateFailures({ tasks }: Pipeline, failures: readonly Ended[]): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const { task: id, failure } of failures) {
    const { code, message, hint, log } = failure!;
    const text = [message, ...(hint === undefined ? [] : [`hint: ${hint}`])];
    annotate('error', `${id} failed [${code}]`, text, byId.get(id)?.range, fileText);
    const lines = (log === undefined ? '' : (fileText(log) ?? '')).trimEnd().split('\n').slice(-logLines);
    if (lines.join('') === '') continue;
    print(`::group::${escapeText(`The end of the log of ${id}`)}`);
    // A line of the log is no command of ours.
    for (const line of lines) print(line.replace(/^(\s*)::/, '$1: :').replaceAll('##[', '# #['));
    print('::endgroup::');
  }
}

/** Marks the expectations that are not met. */
export function annotateVerdicts(verdicts: readonly Verdict[]): void {
  for (const { verdict, task, metric, expected, got, source, range } of verdicts) {
    if (verdict === 'met' || verdict === 'n/a') continue;
    const text = [
      `${metric} of ${task}: expected ${expected}, got ${got}`,
      ...(source === '' ? [] : [`source: ${source}`]),
    ];
    annotate('error', verdict === 'OFF' ? 'Off' : 'No result', text, range, fileText);
  }
}

/** The summary of a run: what became of the tasks, what failed, and the table of results. */
export function summariseRun({ name }: Pipeline, counts: string, failures: readonly Ended[], results: string): void {
  const told = failures.map(({ task, failure }) => `- **${task}** failed: ${failure!.message} \`${failure!.code}\`\n`);
  summarise(`run: ${name}`, [`${counts}\n`, told.join(''), results].filter((part) => part !== '').join('\n'));
}

/** The summary of `check`: the paper's numbers beside ours. */
export function summariseCheck({ name }: Pipeline, table: string, met: string): void {
  summarise(`check: ${name}`, `${met}\n\n${table}`);
}

function annotate(
  level: 'error' | 'warning',
  title: string,
  lines: readonly string[],
  range: SourceRange | undefined,
  textOf: TextOf,
): void {
  const at = range === undefined ? undefined : placeOf(range, textOf);
  const properties = {
    ...(at === undefined
      ? {}
      : { file: inWorkspace(at.file), line: at.line, endLine: at.endLine, col: at.column, endColumn: at.endColumn }),
    title,
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  print(`::${level} ${list.join(',')}::${escapeText(lines.join('\n'))}`);
}

/** A path as the repository has it. */
function inWorkspace(file: string): string {
  const path = relative(process.env.GITHUB_WORKSPACE ?? process.cwd(), resolve(file));
  return path.startsWith('..') ? file : path;
}

function fileText(file: string): string | undefined {
  try {
    return readFileSync(resolve(file), 'utf8');
  } catch {
    return undefined;
  }
}

function summarise(heading: string, markdown: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, `### ${heading}\n\n${markdown}\n`);
  } catch (error) {
    print(`The step's summary can't be written: ${(error as Error).message}`);
  }
}

const escapeText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
