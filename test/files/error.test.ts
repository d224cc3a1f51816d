import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guarded } from '../../src/files/error.js';
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
});
