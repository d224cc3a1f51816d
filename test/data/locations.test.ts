import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { machineFolder } from '../../src/data/locations.js';

const user = process.getuid?.() ?? 0;
let folder: string;
let temporary: string;
let own: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-locations-'));
  temporary = join(folder, 'tmp');
  own = join(temporary, `spikeline-${user}`);
  mkdirSync(temporary);
  writeFileSync(join(folder, 'file'), '');
  vi.stubEnv('TMPDIR', temporary);
  // No folder can be made below a file, whoever tries.
  vi.stubEnv('SPIKELINE_CACHE', join(folder, 'file/cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('machineFolder', () => {
  it('lies in the cache, and makes nothing', () => {
    vi.stubEnv('SPIKELINE_CACHE', join(folder, 'yet/to/come'));
    expect(machineFolder('native')).toBe(join(folder, 'yet/to/come/native'));
    expect([existsSync(join(folder, 'yet')), existsSync(own)]).toEqual([false, false]);
  });

  it('lies where no cache can be among temporary folders, for this user alone', () => {
    expect(machineFolder('native')).toBe(join(own, 'native'));
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(machineFolder('native')).toBe(join(own, 'native'));
  });

  it.each([
    ['is a link', () => symlinkSync(folder, own)],
    ['others may write to', () => chmodSync(mkdirSync(own, { recursive: true })!, 0o777)],
    ['is a file', () => writeFileSync(own, '')],
    ['is missing as temporary folders are', () => rmSync(temporary, { recursive: true })],
  ])('is not one that %s', (_, make) => {
    make();
    expect(machineFolder('native')).toBe(join(folder, 'file/cache/native'));
  });
});
