import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startScript } from '../../../src/run/process/node-process.js';
import { testFolder } from '../../store/folder.js';

it('says how a process ended', async () => {
  const { child, ended } = startScript('command-host.cjs', ['ignore', 'inherit']);
  child!.kill('SIGKILL');
  expect(await ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
});

describe('a process that could not be started', () => {
  const failureOf = async (options?: Parameters<typeof startScript>[2]) => {
    const { child, ended } = startScript('command-host.cjs', ['ignore', 'inherit'], options);
    expect(child?.pid).toBeUndefined();
    return ended;
  };
  const told = (how: string, hint: string) => ({
    failure: {
      code: 'E_TASK_DIED',
      message: `The task's process ${how}.`,
      hint: expect.stringContaining(hint) as unknown,
    },
  });

  it('names what is not there: the program, or the folder', async () => {
    const gone = join(testFolder(), 'gone');
    expect(await failureOf({ cwd: gone })).toEqual(
      told(`runs in ${gone}, which does not exist on ${hostname()}`, 'folder of the pipeline file'),
    );
    const path = vi.spyOn(process, 'execPath', 'get').mockReturnValue('/nowhere/node');
    const ended = failureOf();
    path.mockRestore();
    expect(await ended).toEqual(told('could not be started (spawn /nowhere/node ENOENT)', 'Was Node replaced'));
  });

  it.runIf(process.platform === 'linux')('may have too large an environment', async () => {
    const env = { LARGE: 'x'.repeat(200_000) };
    expect(await failureOf({ env })).toEqual(
      told('could not be started: its environment is larger than the system takes', '128 KiB'),
    );
  });
});
