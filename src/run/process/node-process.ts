import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startProblem } from '../../files/start-problem.js';
import { buildFolder } from '../../paths.js';
import type { Failure } from '../events.js';

/** How a process ended, or why it could not be started. */
export type ScriptEnd =
  | { readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly failure: Failure };

/** A script that runs in a process of its own. */
export interface Script {
  /** Missing where the system refused it at once. */
  readonly child?: ChildProcess;
  readonly ended: Promise<ScriptEnd>;
}

/**
 * Runs a script of the build in a process of its own, with which messages are exchanged. By what Node has itself: to load
 * execa takes longer than many a task.
 *
 * @param output where what it writes goes, to the standard output and as errors
 */
export function startScript(
  script: string,
  output: readonly ['ignore' | number, 'inherit' | number],
  options: Pick<SpawnOptions, 'env' | 'serialization'> & { readonly cwd?: string } = {},
): Script {
  const refused = (error: unknown) => ({ failure: startFailure(error as NodeJS.ErrnoException, options.cwd) });
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [join(buildFolder, script)], {
      ...options,
      stdio: ['ignore', ...output, 'ipc'],
      // Its own process group: Ctrl-C reaches this process alone, which then ends its tasks in order.
      detached: true,
      windowsHide: true,
    });
  } catch (error) {
    // Node throws some of what the system says, and has an event for the rest.
    return { ended: Promise.resolve(refused(error)) };
  }
  const ended = new Promise<ScriptEnd>((resolve) => {
    // Whatever it says of one that runs, that one will end.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(refused(error));
    });
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return { child, ended };
}

function startFailure({ code, message }: NodeJS.ErrnoException, folder: string | undefined): Failure {
  const [how, hint] =
    startProblem(code, folder) ??
    (code === 'E2BIG'
      ? [
          'could not be started: its environment is larger than the system takes',
          'A variable may have 128 KiB: pass what is longer in a file. `env | wc -c` shows how much all have.',
        ]
      : [`could not be started (${message})`, 'Was Node replaced meanwhile? Run again.']);
  return { code: 'E_TASK_DIED', message: `The task's process ${how}.`, hint };
}
