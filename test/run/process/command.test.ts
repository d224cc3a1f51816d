import { chmodSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { builtInEnvironment, commandFailure, passedEnvironment } from '../../../src/run/process/command.js';
import { testFolder } from '../../store/folder.js';

describe('the environment of a task', () => {
  it('holds no credentials of the remote cache, and beside commands’ own variables what built-in stages may need', () => {
    for (const name of ['SPIKELINE_REMOTE_TOKEN', 'SPIKELINE_REMOTE_PASSWORD', 'SPIKELINE_REMOTE_SIGNING_KEY'])
      vi.stubEnv(name, 'secret');
    for (const name of ['SPIKELINE_DATA', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS']) vi.stubEnv(name, 'needed');
    const builtIn = builtInEnvironment({ SPIKELINE_THREADS: '2' });
    expect(builtIn).toMatchObject({ SPIKELINE_DATA: 'needed', HTTPS_PROXY: 'needed', SPIKELINE_THREADS: '2' });
    const command = passedEnvironment();
    expect(command).toMatchObject({ PATH: process.env.PATH });
    expect(Object.values(command)).not.toContain('needed');
    for (const env of [builtIn, command]) expect(Object.values(env)).not.toContain('secret');
  });

  it('tells commands of the job of Slurm that they are part of', () => {
    vi.stubEnv('SLURM_JOB_ID', '7');
    vi.stubEnv('SLURM_EXPORT_ENV', 'NONE');
    const { SLURM_JOB_ID, SLURM_EXPORT_ENV } = passedEnvironment();
    expect([SLURM_JOB_ID, SLURM_EXPORT_ENV]).toEqual(['7', undefined]);
  });
});

describe('a command that could not be started', () => {
  const whyIn = (cwd: string, code: string) =>
    commandFailure({ words: ['/bin/sh'], shell: 'sh', cwd, env: {} }, { code });

  it('says that the folder it runs in is not there, and not that its shell is missing', () => {
    const folder = testFolder();
    const gone = join(folder, 'gone');
    expect(whyIn(gone, 'ENOENT')).toMatchObject({
      code: 'E_COMMAND',
      message: `The command runs in ${gone}, which does not exist on ${hostname()}.`,
      hint: expect.stringContaining('folder of the pipeline file') as unknown,
    });
    expect(whyIn(folder, 'ENOENT').message).toBe('The command needs sh, which was not found.');
  });

  // Root may enter all.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'says that its folder is closed to the user',
    () => {
      const closed = join(testFolder(), 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o600);
      expect(whyIn(closed, 'EACCES').message).toBe(
        `The command runs in ${closed}, which you may not enter on ${hostname()}.`,
      );
    },
  );
});
