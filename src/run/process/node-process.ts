import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildFolder } from '../../paths.js';

/**
 * Runs a script of the build in a process of its own, with which messages are exchanged: its `message` and `close` events tell
 * what becomes of it. By what Node has itself: to load execa takes longer than many a task.
 *
 * @param output where what it writes goes, to the standard output and as errors
 */
export function startScript(
  script: string,
  output: readonly ['ignore' | number, 'inherit' | number],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'serialization'> = {},
): ChildProcess {
  const child = spawn(process.execPath, [join(buildFolder, script)], {
    ...options,
    stdio: ['ignore', ...output, 'ipc'],
    // Its own process group: Ctrl-C reaches this process alone, which then ends its tasks in order.
    detached: true,
    windowsHide: true,
  });
  // One that can't be started is closed as well.
  child.on('error', () => undefined);
  return child;
}
