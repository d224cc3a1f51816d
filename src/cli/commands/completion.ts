import { UserError } from '../../error.js';
import { valuesOf } from '../../schema/words.js';
import { type Candidate, candidates } from '../completion/candidates.js';
import type { CompletedCommand } from '../completion/commands.js';
import { argumentsOf, type Line, parseLine } from '../completion/line.js';
import { scripts, shells } from '../completion/scripts.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

interface CompletionOptions {
  readonly line?: string;
  readonly breaks?: string;
}

/** `completion`: a script for a shell, or what the script asks for as somebody types. */
export const completionCommand =
  (commands: readonly CompletedCommand[]) =>
  async (name: string, { line, breaks = '' }: CompletionOptions): Promise<number> => {
    const shell = shells.find((one) => one === name);
    if (shell === undefined) throw new UserError('E_USAGE', `There is no completion for "${name}".`, valuesOf(shells));
    if (line === undefined) {
      print(scripts[shell]);
      return exitCodes.done;
    }
    const typed = parseLine(line);
    const found = await candidates(argumentsOf(typed.words), typed.current, commands);
    for (const candidate of found) print(shell === 'bash' ? forBash(candidate, typed, breaks) : described(candidate));
    return exitCodes.done;
  };

function described({ value, about }: Candidate): string {
  return about === undefined ? value : `${value}\t${about}`;
}

/**
 * What bash is to put in place of what it takes for the current word: that begins behind the last of the characters that
 * break words, and bash quotes nothing itself.
 */
function forBash({ value }: Candidate, { current, quote }: Line, breaks: string): string {
  if (quote !== '') return value;
  const taken = Math.max(...[...breaks].filter((c) => !/['"\s]/.test(c)).map((c) => current.lastIndexOf(c) + 1), 0);
  return value.slice(taken).replaceAll(/[^\w.@=,:/+-]/g, '\\$&');
}
