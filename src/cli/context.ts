import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { relative } from 'node:path';
import { UserError } from '../error.js';
import { findTargets, withDependencies } from '../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../pipeline/expand/task.js';
import type { Diagnostic } from '../pipeline/text/diagnostic.js';
import { formatDiagnostics, type TextOf } from '../pipeline/text/format.js';
import type { ParsedFile } from '../pipeline/text/places.js';
import { quote } from '../run/process/command.js';
import { slurmJobs } from '../run/slurm/own-job.js';
import { engineFingerprint, parserFingerprint } from '../stage/fingerprint.js';
import { StoredParsedFiles } from '../store/parsed-files.js';
import { Store } from '../store/store.js';
import { readEngine } from './engine.js';
import { loadDescribed } from './load-pipeline.js';
import { artifactsFolder, pipelineFile } from './project.js';

/** Options of all commands that read a pipeline. */
export interface PipelineOptions {
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly engine?: string;
  readonly artifacts?: string;
}

/** Options of `run` and `plan`. */
export interface RunCommandOptions extends PipelineOptions {
  readonly jobs?: string;
  /** `true` for all, or targets. */
  readonly force?: true | readonly string[];
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly reporter?: string;
  readonly executor?: string;
}

/** Exit codes of the program. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

export { print, printError } from './output.js';

/** A terminal that can move its cursor, with somebody before it. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
}

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

/** The pipeline file meant when none is named: the only one here. */
async function onlyPipeline(): Promise<string> {
  const names = (await readdir('.')).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 1) return names[0]!;
  const found = names.length === 0 ? 'there is none in this folder' : `this folder has ${names.join(', ')}`;
  throw new UserError(
    'E_USAGE',
    `Which pipeline file? ${found[0]!.toUpperCase()}${found.slice(1)}.`,
    `name it: ${program} run FILE`,
  );
}

/** Loads a pipeline; its mistakes are shown all at once and end the program with exit code 2. */
export async function openPipeline(file: string | undefined, options: PipelineOptions): Promise<Pipeline> {
  const name = pipelineFile(file ?? (await onlyPipeline()));
  const { set, profile } = options;
  const engine = readEngine(options.engine);
  const parser = parserFingerprint();
  const { pipeline, diagnostics, textOf } = await loadDescribed(name, {
    ...(parser === undefined
      ? {}
      : { parsed: new StoredParsedFiles<ParsedFile>(artifactsFolder(options.artifacts, name), parser) }),
    ...(set === undefined ? {} : { set }),
    ...(profile === undefined ? {} : { profile }),
  });
  if (pipeline === undefined) throw new DiagnosticsError(diagnostics, name, textOf);
  if (engine === undefined) return pipeline;
  // Where its library is missing, that is said before anything else is.
  await engineFingerprint(engine);
  return { ...pipeline, engine };
}

/** Mistakes in a pipeline file. */
export class DiagnosticsError extends UserError {
  override readonly name = 'DiagnosticsError';
  constructor(
    readonly diagnostics: readonly Diagnostic[],
    file: string,
    readonly textOf: TextOf,
  ) {
    const count = `${diagnostics.length} ${diagnostics.length === 1 ? 'error' : 'errors'} in ${file}`;
    super('E_PIPELINE', `${formatDiagnostics(diagnostics, textOf)}\n${count}`);
  }
}

/** The store of a pipeline; without one that of the working folder's project. */
export function openStore(options: Pick<PipelineOptions, 'artifacts'>, pipeline?: Pick<Pipeline, 'file'>): Store {
  const artifacts = artifactsFolder(options.artifacts, pipeline?.file);
  if (statSync(artifacts, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UserError(
      'E_USAGE',
      `${shownPath(artifacts)} is a file; results need a folder.`,
      'choose another one with --artifacts',
    );
  return Store.open(artifacts, { jobs: slurmJobs() });
}

/** Tasks that targets name; without targets all. With what they need, in the pipeline's order. */
export function chooseTasks(
  pipeline: Pipeline,
  targets: readonly string[],
): { chosen: readonly Task[]; all: readonly Task[] } {
  if (targets.length === 0) return { chosen: pipeline.tasks, all: pipeline.tasks };
  const { tasks, diagnostics } = findTargets(pipeline, targets);
  const [first] = diagnostics;
  if (first !== undefined) throw new UserError('E_USAGE', first.message, first.hint);
  return { chosen: tasks, all: withDependencies(pipeline, tasks) };
}

/** The one task that a target names. */
export function chooseTask(pipeline: Pipeline, target: string): Task {
  const { chosen } = chooseTasks(pipeline, [target]);
  if (chosen.length === 1) return chosen[0]!;
  throw new UserError(
    'E_USAGE',
    `"${target}" means ${chosen.length} tasks.`,
    `choose one: ${chosen.map(({ id }) => id).join(' ')}`,
  );
}
