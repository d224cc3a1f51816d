import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownToken } from '../../src/files/process-identity.js';
import { removeFolder, removeLeftovers, removePath } from '../../src/files/remove.js';
import { until } from '../e2e/processes.js';
import { listFiles, testFolder, writeFiles } from '../store/folder.js';

/** Makes files in a folder as fast as it can, for as long as the folder is there: what a task has left running. */
const writer = `
  const { existsSync, writeFileSync } = require('node:fs');
  const [folder] = process.argv.slice(1);
  for (let n = 0; existsSync(folder); n++) try { writeFileSync(folder + '/' + n, ''); } catch {}
`;

/** A folder into which another process is writing, further down. */
async function beingWritten(): Promise<string> {
  const folder = join(testFolder(), 'folder');
  const inner = join(folder, 'a/b');
  mkdirSync(inner, { recursive: true });
  const child: ChildProcess = spawn(process.execPath, ['-e', writer, inner], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until(() => readdirSync(inner).length > 100, 'the other process writes');
  return folder;
}

describe.each([
  ['removeFolder', removeFolder],
  ['removePath', removePath],
])('%s', (_, remove) => {
  it('removes what others write into meanwhile', async () => {
    // By chance a single turn may do: the writer has to be between two files for longer than the folder's removal takes.
    for (let turn = 0; turn < 4; turn++) {
      const folder = await beingWritten();
      remove(folder);
      expect(existsSync(folder)).toBe(false);
    }
  });

  it('removes a file, and takes what is not there for removed', () => {
    const folder = writeFiles(testFolder(), { file: '' });
    for (const name of ['file', 'nothing']) remove(join(folder, name));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes a link, and nothing of what it leads to', () => {
    const folder = writeFiles(testFolder(), { 'theirs/file': '', 'ours/a/file': '' });
    symlinkSync(join(folder, 'theirs'), join(folder, 'link'));
    symlinkSync(join(folder, 'theirs'), join(folder, 'ours/a/link'));
    for (const name of ['link', 'ours']) remove(join(folder, name));
    expect(listFiles(folder)).toEqual(['theirs/file']);
  });
});

describe('removeLeftovers', () => {
  it('leaves what is not of a dead process', () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'mine'), '');
    removeLeftovers(folder);
    removeLeftovers(join(folder, 'nothing'));
    expect(readdirSync(folder)).toEqual(['mine']);
  });

  it('removes a link in the place of a draft, and nothing of what it leads to', () => {
    const folder = writeFiles(testFolder(), { 'theirs/file': '' });
    const [host, boot] = ownToken().split('-');
    mkdirSync(join(folder, 'tmp'));
    // No process has had this number: the most that Linux gives are 2^22.
    symlinkSync(join(folder, 'theirs'), join(folder, `tmp/${host}-${boot}-9999999-00000000-1`));
    removeLeftovers(join(folder, 'tmp'));
    expect(listFiles(folder)).toEqual(['theirs/file']);
  });
});
