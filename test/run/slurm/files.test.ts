import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SlurmFiles, type Submission } from '../../../src/run/slurm/files.js';
import { Store } from '../../../src/store/store.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'spikeline-slurm-files-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

it.each(['job.sh', 'job', 'array'])('writes through no link that was planted as %s', (name) => {
  const root = folder();
  const files = new SlurmFiles(Store.open(join(root, 'artifacts')), 'p');
  const victim = join(root, 'victim');
  writeFileSync(victim, 'mine');
  mkdirSync(files.pathOf('one'), { recursive: true });
  symlinkSync(victim, files.pathOf('one', name));
  expect(() => {
    files.writeSubmission('one', {} as Submission, 'exit 0');
    files.noteArray('one', 7, undefined);
  }).toThrow('EEXIST');
  expect(readFileSync(victim, 'utf8')).toBe('mine');
});

it('knows which array a submission has become, and on which cluster', () => {
  const files = new SlurmFiles(Store.open(join(folder(), 'artifacts')), 'p');
  files.writeSubmission('one', {} as Submission, 'exit 0');
  files.noteArray('one', 7, 'north');
  expect(files.arrayOf('one')).toEqual({ array: 7, cluster: 'north' });
  expect(files.arrayOf('other')).toBeUndefined();
});
