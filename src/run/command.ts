import { readFile } from 'node:fs/promises';
import type { CommandPart, CommandWord } from '../pipeline/task.js';
import { type Metrics, type MetricValue, StageError } from '../stage/definition.js';

/** Variables that every command gets; all others must be declared with `env:`. */
const passedVariables = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TERM',
  'SystemRoot',
];

/** Where inputs and outputs lie: one path, or several for a list. */
export type Paths = Readonly<Record<string, string | readonly string[]>>;

/** The words of a command in list form. A word that is a list input becomes several words. */
export function commandWords(command: readonly CommandWord[], inputs: Paths, outputs: Paths): string[] {
  return command.flatMap((word) => {
    const parts = word.map((part) => partText(part, inputs, outputs));
    const [only] = parts;
    if (parts.length === 1 && Array.isArray(only)) return only as string[];
    return [parts.flat().join('')];
  });
}

/** The script of a command in string form, with every expression quoted for the shell. */
export function shellScript(script: readonly CommandPart[], inputs: Paths, outputs: Paths): string {
  return script
    .map((part) => {
      if ('text' in part) return part.text;
      const text = partText(part, inputs, outputs);
      return (typeof text === 'string' ? [text] : text).map(quote).join(' ');
    })
    .join('');
}

function partText(part: CommandPart, inputs: Paths, outputs: Paths): string | readonly string[] {
  if ('text' in part) return part.text;
  if ('value' in part) return part.value;
  return 'input' in part ? inputs[part.input]! : outputs[part.output]!;
}

/** One word for a POSIX shell. */
function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a command with its output to this process's own. It stays in this process group, which its parent can end.
 * @throws {StageError} E_COMMAND when it can't start, fails or is killed
 */
export async function runCommand(words: readonly string[] | string, options: CommandOptions): Promise<void> {
  const { ExecaError, execa } = await import('execa');
  const { cwd, env, threads, signal } = options;
  const passed = Object.fromEntries(
    passedVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const settings = {
    cwd,
    env: { ...passed, ...env, SPIKELINE_THREADS: String(threads) },
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    cancelSignal: signal,
    forceKillAfterDelay: 5000,
  } as const;
  try {
    if (typeof words === 'string') await execa(words, { ...settings, shell: true });
    else await execa(words[0]!, words.slice(1), settings);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const name = typeof words === 'string' ? 'The command' : `The command "${words[0]}"`;
    if (error.code === 'ENOENT')
      throw new StageError('E_COMMAND', `${name} was not found.`, 'Is it installed, and on the PATH?');
    const how =
      error.signal === undefined ? `failed with exit code ${error.exitCode ?? '?'}` : `was ended by ${error.signal}`;
    throw new StageError('E_COMMAND', `${name} ${how}.`, 'Its output is in the log.');
  }
}

/**
 * Metrics of a command: numbers, texts and lists at the top of the JSON file that it wrote as its output `metrics`.
 * @throws {StageError} E_METRICS
 */
export async function readMetrics(file: string | undefined): Promise<Metrics> {
  if (file === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new StageError('E_METRICS', `The output "metrics" is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new StageError('E_METRICS', 'The output "metrics" must be a JSON object.');
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, MetricValue] => isMetric(entry[1])),
  );
}

function isMetric(value: unknown): value is MetricValue {
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'number') || value.every((item) => typeof item === 'string');
  return ['number', 'string', 'boolean'].includes(typeof value);
}
