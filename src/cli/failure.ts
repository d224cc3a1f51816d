// What a command that can't go on says, and the exit code that goes with it.
import { CommanderError } from 'commander';
import { type DiagnosticsError, exitCodes } from './context.js';
import { closeOutput, printError } from './output.js';

/** What nobody waited for has failed: nothing can be relied on any more. Tasks that run end with this process. */
export function endByError(error: unknown): void {
  void reportError(error)
    .then(closeOutput)
    .then(() => process.exit(exitCodes.failed));
}

/** Says what went wrong. Returns the exit code. */
export async function reportError(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { name, message, hint, code, stack, syscall } = (
    error instanceof Error ? error : new Error(String(error))
  ) as Error & { hint?: string; code?: string; syscall?: string };
  if (['UsageError', 'DiagnosticsError', 'StoreError', 'BundleError', 'StageError', 'SlurmError'].includes(name)) {
    printError(`${message.trimEnd()}${hint === undefined ? '' : `\n  hint: ${hint}`}`);
    if (name === 'DiagnosticsError') await annotate(error as DiagnosticsError);
    return name === 'StoreError' && code !== 'E_INPUT_MISSING' ? exitCodes.failed : exitCodes.usage;
  }
  // What the system refuses is no mistake of this program.
  if (syscall === undefined)
    printError(`Spikeline failed: ${message}\nThis is a mistake in Spikeline, not in your pipeline.`);
  else printError(`Spikeline can't go on: ${message}.`);
  printError(process.env.SPIKELINE_DEBUG === undefined ? 'SPIKELINE_DEBUG=1 shows where.' : (stack ?? ''));
  return exitCodes.failed;
}

/** Shows mistakes in pipeline files where a CI system can mark them. */
async function annotate({ diagnostics, textOf }: DiagnosticsError): Promise<void> {
  const { annotateDiagnostics, inGitHub } = await import('./github.js');
  if (inGitHub()) annotateDiagnostics(diagnostics, textOf);
}
