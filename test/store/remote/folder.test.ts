import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryPath } from '../../../src/files/atomic.js';
import { listFiles, testFolder, writeFiles } from '../folder.js';
import { fetchResult, Machine, quiet } from './examples.js';

const longAgo = new Date(Date.now() - 48 * 3_600_000);

/** Writes files that nobody has changed for two days. */
function oldFiles(folder: string, files: Readonly<Record<string, string>>): string {
  writeFiles(folder, files);
  for (const name of Object.keys(files)) utimesSync(join(folder, name), longAgo, longAgo);
  return folder;
}

describe.skipIf(process.platform === 'win32')('a folder that others write to', () => {
  it.each<[string, (path: string) => void]>([
    ['a pipe that nobody writes into', (path) => void execFileSync('mkfifo', [path])],
    ['a link to a device that never ends', (path) => symlinkSync('/dev/zero', path)],
    ['a folder', (path) => mkdirSync(path)],
    ['a link to a folder', (path) => symlinkSync('.', path)],
  ])('has %s in the place of each object: no result is there', async (_, plant) => {
    const where = join(testFolder(), 'cache');
    const record = await new Machine(where).share('x');
    for (const file of listFiles(where)) {
      rmSync(join(where, file));
      plant(join(where, file));
    }
    const machine = new Machine(where);
    expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toBe('');
    // Each alone: what else is there is sound.
    for (const area of ['ac', 'cas']) {
      const other = join(testFolder(), 'cache');
      const whole = await new Machine(other).share('x');
      const file = listFiles(other).find((path) => path.startsWith(`${area}/`))!;
      rmSync(join(other, file));
      plant(join(other, file));
      const reader = new Machine(other);
      expect(await fetchResult(reader, whole)).toBeUndefined();
      expect(reader.said).toBe('');
    }
  });

  it('has a pipe in the place of an object: who uploads replaces it', async () => {
    const where = join(testFolder(), 'cache');
    const machine = new Machine(where);
    const record = await machine.share('x');
    const files = listFiles(where);
    for (const file of files) {
      rmSync(join(where, file));
      execFileSync('mkfifo', [join(where, file)]);
    }
    expect(await machine.cache.upload(record, 'x', quiet)).toBe(true);
    for (const file of files) expect(statSync(join(where, file)).isFile()).toBe(true);
    expect(await fetchResult(new Machine(where), record)).toBeDefined();
  });

  it.each(['tmp', 'cas', 'ac'])('has a link at %s: what it leads to is left alone', async (name) => {
    const where = join(testFolder(), 'cache');
    const home = oldFiles(testFolder(), { 'thesis.txt': 'years of work' });
    mkdirSync(where);
    symlinkSync(home, join(where, name));
    const machine = new Machine(where);
    expect(await machine.cache.upload(await machine.result('x'), 'The result of x', quiet)).toBe(false);
    expect(listFiles(home)).toEqual(['thesis.txt']);
    expect(readFileSync(join(home, 'thesis.txt'), 'utf8')).toBe('years of work');
    const why = `${where}/${name} is a symbolic link, and nothing is written through one`;
    expect(machine.warnings).toEqual([
      { message: `The remote cache ${where} gets nothing more from now on: ${why}.`, hint: 'Remove it.' },
      { message: `The result of x can't be given to the remote cache ${where}: ${why}.`, hint: 'Remove it.' },
    ]);
  });

  it('loses the old drafts of programs that were killed, and nothing else', async () => {
    const where = join(testFolder(), 'cache');
    const draft = temporaryPath('').replace(/^\//, '');
    oldFiles(join(where, 'tmp'), { [draft]: 'half of it', 'notes.txt': 'of somebody' });
    writeFiles(join(where, 'tmp'), { [`${draft}1`]: 'still growing' });
    await new Machine(where).share('x');
    expect(readdirSync(join(where, 'tmp')).sort()).toEqual([`${draft}1`, 'notes.txt'].sort());
  });

  it('is removed while it is used: it is made again', async () => {
    const where = join(testFolder(), 'cache');
    const machine = new Machine(where);
    const first = await machine.share('x');
    rmSync(where, { recursive: true });
    expect(await fetchResult(new Machine(where), first)).toBeUndefined();
    const second = await machine.share('y');
    expect(machine.said).toBe('');
    expect(await fetchResult(new Machine(where), second)).toBeDefined();
  });

  it('goes with the share that it lies on: it is said what is not there, and nothing is made in its place', async () => {
    const share = join(testFolder(), 'share');
    mkdirSync(share);
    const machine = new Machine(join(share, 'cache'));
    await machine.share('x');
    rmSync(share, { recursive: true });
    expect(await machine.cache.upload(await machine.result('y'), 'The result of y', quiet)).toBe(false);
    expect(machine.said).toContain(`the folder ${share} does not exist. Is the share mounted?`);
    expect(machine.said).not.toContain('ENOENT');
    expect(existsSync(share)).toBe(false);
  });

  it('lies below a file: it is said which one', async () => {
    const file = join(testFolder(), 'file');
    writeFileSync(file, '');
    const machine = new Machine(join(file, 'cache'));
    expect(await machine.cache.upload(await machine.result('y'), 'The result of y', quiet)).toBe(false);
    expect(machine.warnings.at(-1)).toMatchObject({ hint: `Remove or rename ${file}.` });
  });

  it.skipIf(!existsSync('/proc/self'))(
    'lies where the system takes no folder: the upload comes to an end',
    async () => {
      const machine = new Machine('/proc/spikeline-cache');
      expect(await machine.cache.upload(await machine.result('y'), 'The result of y', quiet)).toBe(false);
      expect(machine.said).toContain('no such file or directory');
    },
  );
});
