import type { ChildProcess } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { startScript } from '../../../src/run/process/node-process.js';

const endOf = (child: ChildProcess) =>
  new Promise((resolve) => {
    child.on('close', (...end) => resolve(end));
  });

it('says how a process ended', async () => {
  const child = startScript('command-host.cjs', ['ignore', 'inherit']);
  child.kill('SIGKILL');
  expect(await endOf(child)).toEqual([null, 'SIGKILL']);
});

it('says so where one could not be started', async () => {
  const path = vi.spyOn(process, 'execPath', 'get').mockReturnValue('/nowhere/node');
  const child = startScript('command-host.cjs', ['ignore', 'inherit']);
  path.mockRestore();
  child.send({ type: 'run' });
  expect(await endOf(child)).toEqual([expect.any(Number), null]);
  expect(child.pid).toBeUndefined();
});
