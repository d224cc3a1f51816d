import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isToken } from '../../src/files/process-identity.js';
import { type WorkFolder, WorkFolders } from '../../src/store/work-folders.js';
import { listFiles, testFolder, writeFiles } from './folder.js';

const parts = ['outputs', 'inputs.data'];

let temporary: string;
let folders: WorkFolders;
beforeEach(() => {
  temporary = join(testFolder(), 'tmp');
  folders = new WorkFolders(temporary);
});

const inode = ({ path }: WorkFolder) => lstatSync(path).ino;

describe('work folders', () => {
  it('are used again, emptied and under a new name', async () => {
    const first = await folders.take(parts);
    writeFiles(first.path, { 'outputs/out.txt': '', 'inputs.data/copy': '' });
    const ino = inode(first);
    folders.giveBack(first);
    const second = await folders.take(parts);
    expect([inode(second), existsSync(first.path), listFiles(second.path)]).toEqual([ino, false, []]);
    expect(readdirSync(second.path).sort()).toEqual([...parts].sort());
    // So that the next `open` removes it, should this process die.
    expect([dirname(second.path), isToken(basename(second.path))]).toEqual([temporary, true]);
  });

  it('are out of reach of what a task has left running: it knows the old name alone', async () => {
    const first = await folders.take(parts);
    const late = join(first.path, 'outputs/out.txt');
    writeFileSync(late, '');
    folders.giveBack(first);
    expect(() => writeFileSync(late, 'of another task')).toThrow('ENOENT');
    expect(listFiles((await folders.take(parts)).path)).toEqual([]);
  });

  it('of other parts are others', async () => {
    folders.giveBack(await folders.take(parts));
    expect(readdirSync((await folders.take(['outputs'])).path)).toEqual(['outputs']);
  });

  it('keep links to inputs, and tell of them, and none among outputs', async () => {
    const first = await folders.take(parts);
    for (const path of ['outputs/link', 'inputs.data/a', 'inputs.data/b']) symlinkSync('blob', join(first.path, path));
    folders.giveBack(first);
    const { path, links } = await folders.take(parts);
    expect(listFiles(path)).toEqual(['inputs.data/a', 'inputs.data/b']);
    expect([links.get('outputs'), [...links.get('inputs.data')!].sort()]).toEqual([[], ['a', 'b']]);
  });

  it.each<[string, (path: string) => void]>([
    ['a folder is left among the outputs', (path) => mkdirSync(join(path, 'outputs/more'))],
    ['a file is left beside them', (path) => writeFileSync(join(path, 'more'), '')],
    ['a part is gone', (path) => rmSync(join(path, 'outputs'), { recursive: true })],
    ['a part may not be written to any more', (path) => chmodSync(join(path, 'outputs'), 0o500)],
    [
      'a part leads elsewhere',
      (path) => {
        rmSync(join(path, 'outputs'), { recursive: true });
        symlinkSync(temporary, join(path, 'outputs'));
      },
    ],
  ])('are removed where %s', async (_, leave) => {
    const folder = await folders.take(parts);
    leave(folder.path);
    folders.giveBack(folder);
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync((await folders.take(parts)).path).sort()).toEqual([...parts].sort());
  });

  it('are made anew where somebody has removed them', async () => {
    const folder = await folders.take(parts);
    folders.giveBack(folder);
    rmSync(temporary, { recursive: true });
    expect(readdirSync((await folders.take(parts)).path).sort()).toEqual([...parts].sort());
  });

  it('leave nothing behind when they are closed', async () => {
    const all = await Promise.all([folders.take(parts), folders.take(parts), folders.take(['outputs'])]);
    symlinkSync('blob', join(all[0].path, 'inputs.data/link'));
    for (const folder of all) folders.giveBack(folder);
    await folders.close();
    expect(readdirSync(temporary)).toEqual([]);
  });
});
