// What a command that can't go on says, and the exit code that goes with it.

import { CommanderError } from 'commander';
import { PipelineError } from '../api/opening/pipeline-error.js';
import { defectHint } from '../defect.js';
import { UserError } from '../error.js';
import { systemError } from '../files/error.js';
import { exitCodes } from './terminal/exit-codes.js';
import { closeOutput, inGitHub, printError, printErrorText } from './terminal/output.js';

let isEnding = false;

/** What nobody waited for has failed: nothing can be relied on any more. Tasks that run end with this process. */
export function endByError(error: unknown): void {
  // What fails after that mostly fails for it.
  if (isEnding) return;
  isEnding = true;
  void reportError(error)
    .then(closeOutput)
    .then(() => process.exit(exitCodes.failed));
}

/** Says what went wrong. Returns the exit code. */
export async function reportError(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UserError) {
    const { message, hint, exitCode } = error;
    printErrorText(`${message.trimEnd()}${hint === undefined ? '' : `\n  hint: ${hint}`}`, 2);
    if (error instanceof PipelineError) await annotate(error);
    return exitCode;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  // What the system refuses is no mistake of this program.
  const refused = systemError(error);
  if (refused !== undefined)
    printError(refused.hint === undefined ? refused.message : `${refused.message}\n  hint: ${refused.hint}`);
  else printError(`Spikeline can't continue: ${message}\n  hint: ${defectHint(error)}`);
  if (process.env.SPIKELINE_DEBUG !== undefined) printError(stack ?? '');
  return exitCodes.failed;
}

/** Shows mistakes in pipeline files where a CI system can mark them. */
async function annotate({ diagnostics }: PipelineError): Promise<void> {
  if (inGitHub()) (await import('./ci/github.js')).annotateDiagnostics(diagnostics);
}
