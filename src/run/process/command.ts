import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { startProblem } from '../../files/start-problem.js';
import { readScript, type Shell, type Slot, scriptTexts } from '../../pipeline/check/shell.js';
import type { CommandPart, CommandWord } from '../../pipeline/expand/task.js';
import type { Failure } from '../events.js';
import { memoryHint } from './memory-kills.js';

/**
 * Variables that every command gets; all others must be declared with `env:`. They say where things are and in which
 * language and character set to speak, and enter no key.
 */
const passedVariables = new Set(
  process.platform === 'win32'
    ? // Without these, hardly a program starts.
      [
        ...['PATH', 'PATHEXT', 'COMSPEC', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'OS', 'TEMP', 'TMP', 'USERNAME'],
        ...['USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'PROGRAMFILES'],
        ...['PROGRAMFILES(X86)', 'COMMONPROGRAMFILES', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
        ...['HOME', 'TZ', 'TERM', 'LANG', 'LANGUAGE'],
      ]
    : ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TZ', 'TMPDIR', 'TERM', 'LANG', 'LANGUAGE'],
);

/**
 * In a job of Slurm's, commands know of the job, so that what `srun` and MPI start is part of it. What the job itself was
 * not to inherit is no matter of theirs: their environment is made for them.
 */
const keptFromSteps = new Set(['SLURM_EXPORT_ENV']);

/** The variable that names those that a job's modules and set-up have set: where things are on its node. They enter no key. */
export const siteVariables = 'SPIKELINE_SITE_VARIABLES';

/** What every command gets of this process's environment. */
export function passedEnvironment(): Environment {
  const ofSite = new Set(process.env[siteVariables]?.split(' '));
  const isPassed = (name: string): boolean => {
    // Windows takes `Path` for `PATH`.
    const known = process.platform === 'win32' ? name.toUpperCase() : name;
    if (known.startsWith('SLURM_') || known.startsWith('SRUN_')) return !keptFromSteps.has(known);
    return ofSite.has(name) || passedVariables.has(known) || known.startsWith('LC_');
  };
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => isPassed(entry[0])),
  );
}

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

/** The script of a command in string form. Values that the shell might read otherwise come in as its variables. */
export function shellScript(script: readonly CommandPart[], shell: Shell, inputs: Paths, outputs: Paths): string {
  const { texts, slots } = readScript(scriptTexts(script), shell);
  const values = script.filter((part) => !('text' in part)).map((part) => [partText(part, inputs, outputs)].flat());
  let variables = '';
  let count = 0;
  const written = (value: string, { kind }: Slot): string => {
    if (/^\/[\w./:@%+,-]*$/.test(value)) return value;
    const name = `_spikeline_${++count}`;
    // In the script's first line, so that the shell counts lines as the file does.
    variables += `${name}=${quote(value)}; `;
    if (kind === 'word') return `"\${${name}}"`;
    return kind === 'number' ? `(\${${name}})` : `\${${name}}`;
  };
  const filled = slots.map((slot, i) => {
    if (slot.kind === 'nothing') return '';
    return values[i]!.map((value) => written(value, slot)).join(' ');
  });
  return `${variables}${texts.map((text, i) => text + (filled[i] ?? '')).join('')}`;
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

/** What reads a script and stops at the first command that fails, in the words of GitHub Actions. */
const shells: Readonly<Record<Shell, readonly string[]>> = {
  // By its place where it has one: to try each folder of a long PATH costs as much as to start it.
  sh: [existsSync('/bin/sh') ? '/bin/sh' : 'sh', '-e'],
  bash: ['bash', '-eo', 'pipefail'],
};

/** Bytes of a script that can be an argument; Linux takes 128 KiB, and some systems less for all arguments together. */
const longestScript = 16_384;

/** True for a script that has to be read from a file: no system takes arguments as long as a script may become. */
export function isLongScript(script: string): boolean {
  return Buffer.byteLength(script) > longestScript;
}

/** The words that have a shell read a script. A file for each one would take longer than many a script does. */
export function scriptWords(shell: Shell, script: string | { readonly file: string }): string[] {
  return [...shells[shell], ...(typeof script === 'string' ? ['-c', '--', script] : [script.file])];
}

export interface CommandCall {
  readonly words: readonly string[];
  /** What reads it, if it is a script. */
  readonly shell?: Shell;
  readonly cwd: string;
  /** Variables beside the few that every command gets. */
  readonly env: Environment;
}

export type Environment = Readonly<Record<string, string>>;

/** Variables that hold what this program alone is to know: where results are shared, and by which credentials. */
const isOwn = (name: string): boolean => name.startsWith('SPIKELINE_REMOTE');

/** The environment of this process as built-in stages see it. */
export function builtInEnvironment(env: Environment): Environment {
  const passed = Object.entries(process.env).filter(([name]) => !isOwn(name));
  return { ...(Object.fromEntries(passed) as Environment), ...env };
}

/** How a command ended, if not well. */
export interface CommandEnd {
  /** The system's code, where it could not be started. */
  readonly code?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

/** What it means that the system ended a process by one of these signals. */
export const signalHints: Readonly<Record<string, string>> = {
  SIGXFSZ: 'It wrote a file larger than allowed. `ulimit -f` shows the limit.',
  SIGXCPU: 'It used more processor time than allowed. `ulimit -t` shows the limit.',
};

const executableHint =
  'Is it a program (chmod +x makes a script one), on a disk that may hold programs (no `noexec` in `findmnt -T FILE`)?';

/** Shells say 126 of what is there and can't be executed, and add 128 to the number of a signal that ended something. */
function shellHint(exitCode: number): string | undefined {
  if (exitCode === 126) return `What it calls is there, and can't be executed. ${executableHint}`;
  const numbers: Readonly<Record<string, number | undefined>> = constants.signals;
  const signal = ['SIGKILL', ...Object.keys(signalHints)].find((name) => numbers[name] === exitCode - 128);
  return signal === undefined ? undefined : (memoryHint(signal) ?? signalHints[signal]);
}

/** Why a command failed, in the user's words. */
export function commandFailure({ words, shell, cwd }: CommandCall, end: CommandEnd): Failure {
  const { code, exitCode, signal, originalMessage } = end;
  const name = shell === undefined ? `The command "${words[0]}"` : 'The command';
  const fail = (how: string, hint?: string): Failure => ({
    ...{ code: 'E_COMMAND', message: `${name} ${how}.` },
    ...(hint === undefined ? {} : { hint }),
  });
  if (signal !== undefined) return fail(`was ended by ${signal}`, memoryHint(signal) ?? signalHints[signal]);
  if (exitCode !== undefined) return fail(`failed with exit code ${exitCode}`, shellHint(exitCode));
  const problem = startProblem(code, cwd);
  if (problem !== undefined) return fail(...problem);
  if (code === 'ENOENT' && shell !== undefined)
    return fail(
      `needs ${shell}, which was not found`,
      shell === 'bash' ? 'Install bash, or leave out `shell: bash`.' : 'Is a POSIX shell on the PATH?',
    );
  if (code === 'E2BIG') {
    const [length, start] = longestWord(words);
    if (length > 2 ** 17)
      return fail(
        `has a word of ${length} bytes ("${start}…"), and the system takes at most 131072 in a word`,
        'Pass it in a file instead: inputs: { NAME: { file: PATH } }.',
      );
    return fail(
      'has more words than the system takes',
      'Loop over them in a `run:` that is text (for file in ${{ inputs.NAME }}), or take a folder as the input.',
    );
  }
  if (code === 'ENOENT') return fail('was not found', 'Is it installed, and on the PATH?');
  if (code === 'EACCES') return fail('may not be executed', executableHint);
  return fail(`could not be started (${originalMessage ?? code ?? 'unknown error'})`, 'Can it be started by hand?');
}

/** The bytes that the longest word has, with the end that C gives it, and its beginning. */
function longestWord(words: readonly string[]): [length: number, start: string] {
  const [longest = ''] = [...words].sort((a, b) => b.length - a.length);
  return [Buffer.byteLength(longest) + 1, longest.slice(0, 20)];
}
