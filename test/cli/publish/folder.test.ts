import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { publishFolder, sumsText } from '../../../src/cli/publish/folder.js';
import { digestBytes, hexOf } from '../../../src/files/digest.js';
import { testFolder } from '../../store/folder.js';

it('leaves nothing behind where it fails, and the earlier one as it was', async () => {
  const folder = testFolder();
  const target = join(folder, 'out');
  await publishFolder(target, async (draft) => writeFileSync(join(draft, 'SHA256SUMS'), ''));
  const failing = publishFolder(target, async (draft) => {
    writeFileSync(join(draft, 'half'), 'x');
    throw new Error('enough');
  });
  await expect(failing).rejects.toThrow('enough');
  expect(readdirSync(folder)).toEqual(['out']);
  expect(readdirSync(target)).toEqual(['SHA256SUMS']);
});

it('does not write over what others have put there meanwhile', async () => {
  const target = join(testFolder(), 'out');
  const late = publishFolder(target, async (draft) => {
    writeFileSync(join(draft, 'new'), '');
    mkdirSync(target);
    writeFileSync(join(target, 'theirs'), 'theirs');
  });
  await expect(late).rejects.toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  expect(readFileSync(join(target, 'theirs'), 'utf8')).toBe('theirs');
});

it('takes the place of an earlier one, unless that was changed', async () => {
  const target = join(testFolder(), 'deep', 'out');
  const publish = (text: string) =>
    publishFolder(target, async (draft) => {
      writeFileSync(join(draft, 'a'), text);
      writeFileSync(join(draft, 'SHA256SUMS'), sumsText([{ path: 'a', sha256: hexOf(digestBytes(text)) }]));
    });
  await publish('1');
  await publish('2');
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('2');
  writeFileSync(join(target, 'b'), 'mine');
  await expect(publish('3')).rejects.toThrow('b was added to it');
  rmSync(join(target, 'b'));
  writeFileSync(join(target, 'a'), 'mine');
  await expect(publish('3')).rejects.toThrow('a was changed in it');
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('mine');
});

it('takes the place of an empty folder, and of no file', async () => {
  const folder = testFolder();
  mkdirSync(join(folder, 'empty'));
  await publishFolder(join(folder, 'empty'), async (draft) => writeFileSync(join(draft, 'a'), ''));
  await expect(publishFolder(join(folder, 'empty/a'), async () => {})).rejects.toThrow('is no folder');
  mkdirSync(join(folder, 'folders/inside'), { recursive: true });
  await expect(publishFolder(join(folder, 'folders'), async () => {})).rejects.toThrow('holds folders');
});
