import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { jobScript, saidBy } from '../../../src/run/slurm/job-script.js';

const folder = mkdtempSync(join(tmpdir(), "spikeline's job-"));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(folder, 'program.mjs');
writeFileSync(program, 'console.log(process.argv[2], process.env.FIRST)');
writeFileSync(join(folder, 'job'), '');
// Of a distribution that has kept its first one: it can read none of our files.
const oldNode = join(folder, 'old-node');
writeFileSync(oldNode, '#!/bin/sh\necho v10.24.1\n', { mode: 0o755 });
const there = { node: process.execPath, program };

function runScript(...[of, settings, programs]: Parameters<typeof jobScript>) {
  const text = jobScript(of, settings, programs);
  const { stdout, stderr, status } = spawnSync('/bin/bash', ['-c', text], { encoding: 'utf8' });
  return { stdout, said: saidBy(stderr), status };
}

it('starts the program of a job, after lines of the user', () => {
  expect(runScript(folder, {}, there)).toEqual({ stdout: `${folder} undefined\n`, said: undefined, status: 0 });
  const setup = ['module() { FIRST="$*"; export FIRST; }', 'module load more'];
  expect(runScript(folder, { setup }, there).stdout).toBe(`${folder} load more\n`);
  writeFileSync(join(folder, 'names.mjs'), 'console.log(process.env.SPIKELINE_SITE_VARIABLES)');
  const changing = { setup: ['export FIRST=1 HOME=/elsewhere PATH="$PATH"'] };
  const names = runScript(folder, changing, { ...there, program: join(folder, 'names.mjs') }).stdout;
  expect(names.trim().split(' ').sort()).toEqual(['FIRST', 'HOME']);
  expect(jobScript(folder, { setup })).toMatch(/^#!\/bin\/bash -l\n/);
});

it.each([
  ['a store that the node does not see', ['/nowhere', {}, there], /^\/nowhere cannot be read on .*artifacts folder\?$/],
  ['a missing Node', [folder, {}, { ...there, node: '/no/node' }], /^Node does not run on .*\/no\/node/],
  [
    'a Node that is too old',
    [folder, {}, { ...there, node: oldNode }],
    /^Spikeline needs Node 20\.19 or .*; \/.*\/old-node on .* is v10\.24\.1\.$/,
  ],
  ['a missing program', [folder, {}, { ...there, program: '/no/program' }], /^Spikeline is not on .*\/no\/program/],
  ['a missing module', [folder, { modules: ['cuda/12'] }, there], /^'module load cuda\/12' failed on /],
] as const)('says in words: %s', (_, args, words) => {
  const { stdout, said, status } = runScript(...(args as unknown as Parameters<typeof jobScript>));
  expect([stdout, said, status]).toEqual(['', expect.stringMatching(words), 1]);
});
