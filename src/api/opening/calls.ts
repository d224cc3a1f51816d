import { relative } from 'node:path';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { quote } from '../../run/process/command.js';
import type { PipelineOptions } from './options.js';

/** What a user types to call this program. */
export const program = 'npx spikeline';

/** A file as the user would type it. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}

/** A call of this program that means the pipeline in its present form, as the user would type it. */
export function callOf(
  command: string,
  { file }: Pick<Pipeline, 'file'>,
  { set = [], profile, engine, artifacts }: PipelineOptions,
  targets: readonly string[] = [],
): string {
  const options = [
    ...set.flatMap((value) => ['--set', value]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(engine === undefined ? [] : ['--engine', engine]),
    ...(artifacts === undefined ? [] : ['--artifacts', artifacts]),
  ];
  return [program, ...[...command.split(' '), shownPath(file), ...targets, ...options].map(quote)].join(' ');
}
