import type { ExecaError } from 'execa';
import type { CommandPart, CommandWord } from '../pipeline/task.js';
import { StageError } from '../stage/definition.js';

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
export function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Asks the command, and all that it started, to end. False where that can't be done: then the command alone is. */
  terminate(): boolean;
}

/**
 * Runs a command with its output to this process's own. It stays in this process group, which its parent can end.
 *
 * @throws {StageError} E_COMMAND when it can't start, fails or is killed; the signal's reason once that is aborted, even
 * if the command makes an orderly end of it: what it leaves behind is not whole
 */
export async function runCommand(words: readonly string[] | string, options: CommandOptions): Promise<void> {
  const { ExecaError, execa } = await import('execa');
  const { cwd, env, threads, signal, terminate } = options;
  signal.throwIfAborted();
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
  } as const;
  const child =
    typeof words === 'string' ? execa(words, { ...settings, shell: true }) : execa(words[0]!, words.slice(1), settings);
  const end = () => void (terminate() || child.kill());
  signal.addEventListener('abort', end, { once: true });
  try {
    await child;
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    throw commandError(typeof words === 'string' ? 'The command' : `The command "${words[0]}"`, error);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Why a command failed, in the user's words. */
function commandError(name: string, { code, exitCode, signal, originalMessage }: ExecaError): StageError {
  const fail = (how: string, hint: string) => new StageError('E_COMMAND', `${name} ${how}.`, hint);
  if (signal !== undefined) return fail(`was ended by ${signal}`, 'Its output is in the log.');
  if (exitCode !== undefined) return fail(`failed with exit code ${exitCode}`, 'Its output is in the log.');
  if (code === 'ENOENT') return fail('was not found', 'Is it installed, and on the PATH?');
  if (code === 'EACCES') return fail('may not be executed', 'Is it a program? chmod +x makes a script one.');
  return fail(`could not be started (${originalMessage ?? code ?? 'unknown error'})`, 'Can it be started by hand?');
}
