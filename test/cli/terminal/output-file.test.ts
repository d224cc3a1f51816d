import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeOutput } from '../../../src/cli/terminal/output-file.js';
import { buildFolder } from '../../../src/paths.js';
import { testFolder } from '../../store/folder.js';

const read = (path: string) => readFileSync(path, 'utf8');

describe('a file that the user has named', () => {
  it('is replaced as a whole, and keeps its mode', async () => {
    const folder = testFolder();
    const file = join(folder, 'a.svg');
    await writeOutput(file, 'first');
    linkSync(file, join(folder, 'before'));
    chmodSync(file, 0o640);
    await writeOutput(file, 'second\x07');
    // Whoever reads the old one reads on in that.
    expect([read(file), read(join(folder, 'before'))]).toEqual(['second␇', 'first']);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['a.svg', 'before']);
  });

  it.skipIf(process.platform === 'win32')('is what a link leads to, also where nothing is yet', async () => {
    const folder = testFolder();
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere/old'), '');
    for (const name of ['old', 'new']) {
      symlinkSync(`elsewhere/${name}`, join(folder, name));
      await writeOutput(join(folder, name), name);
      expect(read(join(folder, `elsewhere/${name}`))).toBe(name);
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
    }
  });

  it('is none that is called as pipelines are, whose place a call that lacks its name would take', async () => {
    const folder = testFolder();
    for (const name of ['p.yaml', 'P.YML']) {
      writeFileSync(join(folder, name), 'name: p');
      await expect(writeOutput(join(folder, name), '<svg>')).rejects.toMatchObject({
        code: 'E_USAGE',
        message: `${join(folder, name)} can't be written: it is called as a pipeline is, which would be lost.`,
      });
      expect(read(join(folder, name))).toBe('name: p');
    }
  });

  it.skipIf(process.platform === 'win32')('says why it can’t be written, and stays as it was', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'file'), 'old');
    symlinkSync('loop', join(folder, 'loop'));
    symlinkSync('none/file', join(folder, 'astray'));
    for (const [name, why] of [
      ['', 'it is a folder'],
      ['/new/', 'it is a folder'],
      ['/none/file', 'its folder does not exist'],
      ['/astray', 'its folder does not exist'],
      ['/file/file', 'there is a file where its folder would be'],
      ['/loop', 'it is a link that leads to itself'],
    ] as const)
      await expect(writeOutput(`${folder}${name}`, 'new')).rejects.toMatchObject({
        code: 'E_USAGE',
        message: `${folder}${name} can't be written: ${why}.`,
      });
    await expect(writeOutput('', 'new')).rejects.toMatchObject({
      code: 'E_USAGE',
      message: 'The name of the file is empty.',
    });
    if (existsSync('/dev/full'))
      await expect(writeOutput('/dev/full', 'new')).rejects.toMatchObject({
        code: 'E_STORE_FULL',
        message: 'There is no space left for /dev/full.',
        hint: 'Make room, or name a file on another disk.',
        exitCode: 1,
      });
    await writeOutput('/dev/null', 'new');
    expect(readdirSync(folder).sort()).toEqual(['astray', 'file', 'loop']);
    expect(read(join(folder, 'file'))).toBe('old');
  });

  it.skipIf(process.platform === 'win32')('may be a pipe, which a link to standard output leads to', async () => {
    const folder = testFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('pipe', join(folder, 'link'));
    const reader = promisify(execFile)('cat', [join(folder, 'pipe')]);
    await writeOutput(join(folder, 'link'), 'new');
    expect((await reader).stdout).toBe('new');
    // It has no path.
    const program = `${buildFolder}/cli.cjs`;
    writeFileSync(join(folder, 'p.yaml'), "name: p\nstages: { s: { run: 'true' } }\n");
    const call = '"$0" "$1" graph p.yaml -o /dev/stdout | cat';
    const out = execFileSync('sh', ['-c', call, process.execPath, program], { cwd: folder, encoding: 'utf8' });
    expect(out).toMatch(/^---\ntitle: "p"\n[\s\S]*\nWrote \/dev\/stdout: 1 stage\.\n$/);
  });

  it.runIf(process.platform === 'linux')('may be open already, and is then written on as it is', () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'p.yaml'), "name: p\nstages: { s: { run: 'true' } }\n");
    symlinkSync('/dev/stdout', join(folder, 'link'));
    const shell = (script: string) => {
      const call = ['-c', script, process.execPath, `${buildFolder}/cli.cjs`];
      execFileSync('sh', call, { cwd: folder, stdio: 'ignore' });
    };
    for (const name of ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', 'link']) {
      shell(`{ echo head; "$0" "$1" graph p.yaml -o ${name}; echo tail; } > out`);
      expect(read(join(folder, 'out'))).toMatch(/^head\n---\ntitle: "p"\n[\s\S]*\nWrote .*: 1 stage\.\ntail\n$/);
    }
    // It has no name any more.
    shell('exec 3<> gone; rm gone; "$0" "$1" graph p.yaml -o /dev/stdout >&3; cat /dev/fd/3 > copy');
    expect(read(join(folder, 'copy'))).toMatch(/^---\ntitle: "p"\n/);
    expect(readdirSync(folder).sort()).toEqual(['copy', 'link', 'out', 'p.yaml']);
  });

  // Only root can give files to others.
  it.runIf(process.getuid?.() === 0)('stays whose it is', async () => {
    const folder = testFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'old');
    chownSync(file, 1000, 100);
    chmodSync(file, 0o664);
    const state = () => {
      const { uid, gid, mode } = statSync(file);
      return [uid, gid, mode & 0o777, read(file)];
    };
    await writeOutput(file, 'new');
    expect(state()).toEqual([1000, 100, 0o664, 'new']);
    // Another of its group may write into it, and not give it away.
    chmodSync(folder, 0o777);
    process.setegid!(100);
    process.seteuid!(2000);
    try {
      await writeOutput(file, 'newer');
    } finally {
      process.seteuid!(0);
      process.setegid!(0);
    }
    expect(state()).toEqual([1000, 100, 0o664, 'newer']);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.skipIf(process.getuid?.() === 0)('is written in place where its folder takes no other', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'file'), 'old');
    writeFileSync(join(folder, 'sealed'), 'old', { mode: 0o444 });
    chmodSync(folder, 0o555);
    await writeOutput(join(folder, 'file'), 'new');
    expect(read(join(folder, 'file'))).toBe('new');
    for (const name of ['none', 'sealed'])
      await expect(writeOutput(join(folder, name), 'new')).rejects.toMatchObject({
        message: `${join(folder, name)} can't be written: permission is denied.`,
      });
    chmodSync(folder, 0o755);
  });
});
