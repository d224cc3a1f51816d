import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestBytes } from '../../../src/files/digest.js';
import { freeBytes } from '../../../src/files/space.js';
import { fetchArtifacts } from '../../../src/store/remote/fetch-artifacts.js';
import { Store } from '../../../src/store/store.js';
import { testFolder } from '../folder.js';

/** Is there a file system beside that of temporary folders? */
const otherDisk = existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev;

const freeOn = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

describe.skipIf(!otherDisk)('a store on another disk than its artifacts folder', () => {
  it('takes nothing that its own disk has no room for', async () => {
    const elsewhere = mkdtempSync('/dev/shm/spikeline-');
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    const [narrow, wide] = [testFolder(), elsewhere].sort((a, b) => freeOn(a) - freeOn(b));
    mkdirSync(join(narrow!, 'files'));
    symlinkSync(join(narrow!, 'files'), join(wide!, 'store'));
    const size = Math.round((freeOn(narrow!) + freeOn(wide!)) / 2);
    const source = {
      carries: () => true,
      getBlob: () => Promise.reject(new Error('it was begun with')),
      getManifest: () => Promise.resolve(undefined),
    };
    const artifact = { kind: 'file', digest: digestBytes('x'), size } as const;
    await expect(fetchArtifacts(Store.open(wide!), [artifact], source)).rejects.toThrow(
      `There is no space left for its ${size} bytes in ${join(wide!, 'store/blobs')}.`,
    );
  });

  it('is asked by the nearest folder that there is', () => {
    const folder = testFolder();
    expect(Math.abs(freeBytes(join(folder, 'not/yet'))! - freeOn(folder)) / freeOn(folder)).toBeLessThan(0.1);
    expect(freeBytes('/dev/null/x')).toBeUndefined();
  });
});
