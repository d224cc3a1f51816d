import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { linkTree, type Tree } from '../../src/store/tree.js';
import type { Digest } from '../../src/values.js';
import { testFolder, writeFiles } from './folder.js';

/** A disk like one of exFAT: no links, no capitals, and not all characters. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const refuse = (code: string) => Object.assign(new Error(code), { code, syscall: 'symlink' });
  const symlinkSync = (_: string, path: string): void => {
    const same = fs.readdirSync(join(path, '..')).some((name) => path.toLowerCase().endsWith(`/${name.toLowerCase()}`));
    throw refuse(same ? 'EEXIST' : 'ENOSYS');
  };
  const copyFileSync: typeof fs.copyFileSync = (from, to, mode) => {
    if (String(to).includes(':')) throw refuse('ENOENT');
    fs.copyFileSync(from, to, mode);
  };
  return { ...fs, symlinkSync, copyFileSync };
});

let folder: string;
let target: string;
beforeEach(() => {
  folder = writeFiles(testFolder(), { blob: 'x', 'on/the/disk': '' });
  target = join(folder, 'on');
});

const tree = (...paths: readonly string[]): Tree => ({
  files: paths.map((path) => {
    return { path, blob: join(folder, 'blob'), digest: 'sha256:' as Digest, executable: false };
  }),
  ...{ folders: [''], links: [] },
});

it('says what of a folder a disk does not take that has no links', async () => {
  await linkTree(tree('a', 'b/c'), target);
  await expect(linkTree(tree('d/X', 'd/x'), target)).rejects.toMatchObject({
    code: 'E_STORE_NAME',
    message: `d/x can't be laid out as it is in its folder: the disk of ${target} has a file of that name already, in other letters.`,
  });
  await expect(linkTree(tree('e:f'), target)).rejects.toMatchObject({
    code: 'E_STORE_NAME',
    message: `e:f can't be laid out as it is in its folder: the disk of ${target} takes no such name.`,
    hint: 'Choose a folder on another disk with --artifacts.',
  });
  await expect(linkTree({ ...tree(), links: [{ path: 'l', target: 'a' }] }, target)).rejects.toMatchObject({
    code: 'E_STORE_LINK',
  });
});
