import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/files/make-folder.js';
import { testFolder } from '../store/folder.js';

describe('makeFolder', () => {
  it('makes all that is missing, and returns the first of it', () => {
    const top = testFolder();
    expect(makeFolder(join(top, 'a/b/c'))).toBe(join(top, 'a'));
    expect(makeFolder(join(top, 'a/b/d'))).toBe(join(top, 'a/b/d'));
    expect(makeFolder(join(top, 'a/b/c'))).toBeUndefined();
    symlinkSync(join(top, 'a'), join(top, 'link'));
    expect(makeFolder(join(top, 'link'))).toBeUndefined();
    expect(existsSync(join(top, 'a/b/c'))).toBe(true);
    makeFolder(join(top, 'mine/b'), 0o700);
    if (process.platform !== 'win32')
      for (const name of ['mine', 'mine/b']) expect(statSync(join(top, name)).mode & 0o777).toBe(0o700);
  });

  it('says what is in the way', () => {
    const top = testFolder();
    writeFileSync(join(top, 'file'), '');
    symlinkSync(join(top, 'nowhere'), join(top, 'link'));
    for (const [name, code] of [
      ['file', 'E_STORE_ACCESS'],
      ['file/below', 'ENOTDIR'],
      ['link', 'E_STORE_LINK'],
    ] as const)
      expect(() => makeFolder(join(top, name)), name).toThrow(expect.objectContaining({ code }));
  });

  it.skipIf(!existsSync('/proc/self'))('comes to an end where the system takes no folder', () => {
    expect(() => makeFolder('/proc/self/a/b')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
