import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guarded, systemError } from '../../src/files/error.js';
import { testFolder } from '../store/folder.js';

describe('guarded', () => {
  it('names the file that stands where a folder has to be, however far above, and no link to a folder', async () => {
    const top = testFolder();
    mkdirSync(join(top, 'folder'));
    symlinkSync('folder', join(top, 'link'));
    const file = join(top, 'link', 'store');
    writeFileSync(file, '');
    for (const below of ['locks', 'locks/run-1', 'a/b/c']) {
      const path = join(file, below);
      await expect(
        guarded(path, () => readdirSync(path)),
        below,
      ).rejects.toMatchObject({
        code: 'E_STORE_ACCESS',
        message: `There is a file where a folder has to be for ${path}.`,
        hint: `Remove or rename ${file}.`,
      });
    }
  });

  it.each([
    [
      'EACCES',
      'There is no permission to make',
      '`ls -ld FOLDER` shows whose it is: ask them, or choose another folder',
    ],
    [
      'EPERM',
      'There is no permission to make',
      '`ls -ld FOLDER` shows whose it is: ask them, or choose another folder',
    ],
    ['EROFS', 'The file system is read-only: ', 'to compute others, choose another folder with --artifacts'],
  ])('names the folder that nothing may be made in, not what is not there: %s', async (code, words, hint) => {
    const top = testFolder();
    const refuse = (path: string) =>
      guarded(path, () => {
        throw Object.assign(new Error(code), { code });
      });
    for (const [below, name] of [
      ['artifacts/store/locks/run-1', 'artifacts'],
      ['locks', 'locks'],
    ] as const)
      await expect(refuse(join(top, below))).rejects.toMatchObject({
        code: 'E_STORE_ACCESS',
        message: code === 'EROFS' ? `${words}${name} can't be made in ${top}.` : `${words} ${name} in ${top}.`,
        hint: expect.stringContaining(hint.replace('FOLDER', top)),
      });
    writeFileSync(join(top, 'there'), '');
    await expect(refuse(join(top, 'there'))).rejects.toMatchObject({
      message: expect.stringContaining(`${top}/there.`),
    });
  });

  it('tells a path that is too long from a name that is', async () => {
    const top = testFolder();
    const deep = join(top, ...Array.from({ length: 300 }, () => 'x'.repeat(20)));
    await expect(guarded('o', () => readdirSync(deep))).rejects.toMatchObject({
      ...{ code: 'E_STORE_ACCESS', hint: undefined },
      message: 'The system takes no path as long as one in o.',
    });
    const long = join(top, 'x'.repeat(300));
    await expect(guarded(long, () => readdirSync(long))).rejects.toMatchObject({
      message: `The file system cannot hold a name as long as ${long}.`,
    });
  });

  it('names it where it is not in the way of what is used, but of where that goes', async () => {
    const top = testFolder();
    for (const name of ['draft', 'logs']) writeFileSync(join(top, name), '');
    const draft = join(top, 'draft');
    await expect(guarded(draft, () => renameSync(draft, join(top, 'logs/a.log')))).rejects.toMatchObject({
      hint: `Remove or rename ${join(top, 'logs')}.`,
    });
  });
});

describe('systemError', () => {
  it('tells what Node itself refuses, as no mistake of this program', () => {
    const denied = Object.assign(new Error('Access to this API has been restricted.'), {
      ...{ code: 'ERR_ACCESS_DENIED', permission: 'FileSystemWrite', resource: '/p/artifacts' },
    });
    expect(systemError(denied)).toMatchObject({
      code: 'E_STORE_ACCESS',
      message: 'Node was started with --permission, and does not allow FileSystemWrite: /p/artifacts.',
      hint: 'Start it without: `echo $NODE_OPTIONS` may show where that comes from.',
    });
    const bare = Object.assign(new Error('fchmod is not available.'), { code: 'ERR_ACCESS_DENIED' });
    expect(systemError(bare)?.message).toBe('Node was started with --permission, and says: fchmod is not available.');
    expect(systemError(new Error('a mistake'))).toBe(undefined);
  });

  it('says what to do where a store is spread over several disks', () => {
    const apart = Object.assign(new Error('EXDEV'), {
      code: 'EXDEV',
      errno: -18,
      syscall: 'rename',
      path: '/a/x',
      dest: '/b/x',
    });
    expect(systemError(apart)).toMatchObject({
      message: 'The system refused: rename /a/x /b/x: cross-device link not permitted.',
      hint: 'All folders of a store have to lie on one disk: mount `store` as a whole, or make it a link.',
    });
  });
});
