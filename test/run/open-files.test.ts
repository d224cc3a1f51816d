import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOpenFiles, openFilesLimit, threadsWithin } from '../../src/run/open-files.js';
import { testFolder, writeFiles } from '../store/folder.js';

describe('the limit of open files', () => {
  it.each([
    [
      'Max processes             96365                96365                processes \nMax open files            20                   20                   files',
      20,
    ],
    ['Max open files            unlimited            unlimited            files', Number.POSITIVE_INFINITY],
    ['', Number.POSITIVE_INFINITY],
  ])('is read where the system tells it', (text, limit) => {
    const folder = writeFiles(testFolder(), { limits: text });
    expect(openFilesLimit(join(folder, 'limits'))).toBe(limit);
    expect(openFilesLimit(join(folder, 'missing'))).toBe(Number.POSITIVE_INFINITY);
  });

  it('is told where it is too low', () => {
    expect(() => checkOpenFiles(64)).not.toThrow();
    expect(() => checkOpenFiles(63)).toThrow(
      'A process may have 63 files open at a time here; at least 64 are needed.',
    );
  });

  it('bounds threads', () => {
    expect([20, 64, 256, 1024, Number.POSITIVE_INFINITY].map(threadsWithin)).toEqual([
      1,
      2,
      26,
      122,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
