import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestPackage } from '../../src/fingerprint/package-files.js';
import { testFolder, writeFiles } from '../store/folder.js';

describe('the digest of a package', () => {
  it.skipIf(process.platform === 'win32')('is of its files, wherever it lies, and of what links in it lead to', () => {
    const files = { 'package/a.js': '1', 'package/inner/b.js': '2', 'package/node_modules/c.js': '3' };
    const folders = [testFolder(), testFolder()].map((folder) => {
      writeFiles(folder, { ...files, 'shared/d.js': '4' });
      symlinkSync('../shared', join(folder, 'package/shared'));
      symlinkSync('..', join(folder, 'package/inner/circle'));
      symlinkSync('nowhere', join(folder, 'package/broken'));
      return folder;
    });
    const [one, other] = folders.map((folder) => join(folder, 'package'));
    const before = digestPackage(one!);
    expect(digestPackage(other!)).toBe(before);
    writeFiles(folders[0]!, { 'package/node_modules/c.js': '5' });
    expect(digestPackage(one!)).toBe(before);
    writeFiles(folders[0]!, { 'shared/d.js': '5' });
    expect(digestPackage(one!)).not.toBe(before);
    writeFiles(folders[1]!, { 'package/inner/e.js': '' });
    expect(digestPackage(other!)).not.toBe(before);
  });

  it('is not taken of more than a package has', () => {
    const folder = writeFiles(testFolder(), { 'large.bin': '' });
    truncateSync(join(folder, 'large.bin'), 2 ** 40);
    expect(() => digestPackage(folder)).toThrow(`The package in ${folder} can't be bundled, and has more than`);
  });
});
