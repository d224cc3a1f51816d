import { readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkNames } from '../../src/store/listing.js';
import { testFolder, writeFiles } from './folder.js';

describe('checkNames', () => {
  it('lets names in UTF-8 be, the replacement character among them', () => {
    const folder = writeFiles(testFolder(), { 'a\ufffd.txt': '', ü: '' });
    checkNames(folder, readdirSync(folder));
  });

  // Other systems' file systems take no such names.
  it.skipIf(process.platform !== 'linux')('refuses a name that is not UTF-8, and shows its bytes', () => {
    const folder = testFolder();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]), '');
    expect(() => checkNames(folder, readdirSync(folder))).toThrow(
      expect.objectContaining({
        code: 'E_STORE_NAME',
        message: `${folder} holds a file whose name is not UTF-8: caf\\xe9.txt`,
        hint: 'Give it a name in UTF-8; `convmv` renames many.',
      }),
    );
  });
});
