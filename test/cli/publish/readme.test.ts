import { describe, expect, it } from 'vitest';
import { installCall } from '../../../src/cli/publish/readme.js';

const project = { authors: [], files: ['package.json'] };

describe('what installs Spikeline for a published project', () => {
  it.each([
    [['package.json'], 'npm install'],
    [['package.json', 'package-lock.json'], 'npm ci'],
    [['package.json', 'pnpm-lock.yaml'], 'pnpm install --frozen-lockfile'],
  ])('goes by its lock file: %j', (files, call) => {
    expect(installCall({ ...project, files }, false).call).toBe(call);
  });

  it('says that a package of this machine alone is not in it', () => {
    const found = installCall({ ...project, files: ['package-lock.json'], localPackage: 'file:../s.tgz' }, false);
    expect(found).toEqual({
      call: 'npm install SPIKELINE',
      what: 'yours: package.json has file:../s.tgz, which is not in here',
    });
  });

  it('takes no lock file of a checkout of Spikeline', () => {
    expect(installCall({ ...project, files: ['package-lock.json'] }, true).call).toBe('npm install');
  });
});
