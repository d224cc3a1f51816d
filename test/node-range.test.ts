import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeCheck, nodeProblem, nodeRange } from '../src/node-range.js';
import { packageRoot } from '../src/paths.js';
import { testFolder, writeFiles } from './store/folder.js';

const problem = 'Spikeline needs Node 20.19 or a later 20, or 22.12 or later';

const versions = [
  ...['10.24.1', '18.20.0', '20.10.0', '20.18.3', '20.19.0', '21.7.3', '22.5.1', '22.11.0', '22.12.0', '23.0.0'],
  '26.1.0',
];

describe('the versions of Node', () => {
  it('are those that package.json names', () => {
    const { engines } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe(nodeRange);
    expect(versions.filter((version) => nodeProblem(version) === undefined)).toEqual([
      '20.19.0',
      '22.12.0',
      '23.0.0',
      '26.1.0',
    ]);
  });

  it.skipIf(process.platform === 'win32')('are the same to a shell', () => {
    const script = ['check() {', ...nodeCheck('version', (text) => `echo "$version: ${text}"`), '}'];
    const calls = [...versions.map((version) => `v${version}`), 'v23.0.0-v8-canary', '', 'what'].map(
      (version) => `version='${version}'; check`,
    );
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', [...script, ...calls].join('\n')], { encoding: 'utf8' });
    const unfit = versions.filter((version) => nodeProblem(version) !== undefined).map((version) => `v${version}`);
    expect([stdout, stderr]).toEqual([
      [...unfit, '', 'what'].map((version) => `${version}: ${problem}\n`).join(''),
      '',
    ]);
  });

  it('are told on another one, before anything else is done there; doctor shows it', () => {
    const folder = writeFiles(testFolder(), {
      'as.cjs':
        "Object.defineProperty(process, 'version', { value: 'v21.7.3' });\n" +
        "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '21.7.3' } });\n",
    });
    const spikeline = (...words: string[]) =>
      spawnSync(
        process.execPath,
        ['--require', join(folder, 'as.cjs'), join(packageRoot, '.build/cli.cjs'), ...words],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
    const { status, stdout, stderr } = spikeline('run', 'p.yaml');
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringMatching(`^${problem}; this is v21\\.7\\.3\\.\n  hint: `),
    ]);
    expect(spikeline('doctor')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(new RegExp(`^Node +PROBLEM +v21\\.7\\.3: ${problem}`, 'm')) as unknown,
    });
  });
});
