import { describe, expect, it, vi } from 'vitest';
import { builtInEnvironment, passedEnvironment } from '../../../src/run/process/command.js';

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
