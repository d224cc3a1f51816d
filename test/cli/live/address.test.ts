import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pipelineAddress } from '../../../src/cli/live/address.js';
import { testFolder } from '../../store/folder.js';

const form = { pipeline: { file: '/p.yaml' }, store: { folder: '/store' }, options: {} };

afterEach(() => vi.unstubAllEnvs());

describe('the address of a page', () => {
  it('lasts, by a secret that is for its user alone', () => {
    const state = join(testFolder(), 'state');
    vi.stubEnv('XDG_STATE_HOME', state);
    const address = pipelineAddress('run', form);
    expect(address).toBeDefined();
    expect(pipelineAddress('run', form)).toEqual(address);
    if (process.platform !== 'win32') expect(statSync(join(state, 'spikeline')).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!existsSync('/proc/self'))('is another each time where the system takes no folder for the secret', () => {
    vi.stubEnv('XDG_STATE_HOME', '/proc/nobody/state');
    expect(pipelineAddress('run', form)).toBeUndefined();
  });
});
