import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, digestFile } from '../../src/files/digest.js';
import { digestLargeFile } from '../../src/files/digest-pool.js';
import { StoreError, systemError } from '../../src/files/error.js';
import { testFolder } from '../store/folder.js';

describe('digestFile', () => {
  it.each([0, 1, 1 << 20, (1 << 20) + 1, 3_333_333])('is the SHA-256 of %i bytes', async (size) => {
    const path = join(testFolder(), 'file');
    const bytes = Buffer.alloc(size, 'spikes and ');
    writeFileSync(path, bytes);
    const hex = createHash('sha256').update(bytes).digest('hex');
    expect(await digestFile(path)).toEqual({ digest: `sha256:${hex}`, size });
  });

  it('takes many large files at a time', async () => {
    const folder = testFolder();
    const paths = Array.from({ length: 12 }, (_, i) => join(folder, String(i)));
    for (const [i, path] of paths.entries()) writeFileSync(path, Buffer.alloc((2 << 20) + i, i + 1));
    const contents = await Promise.all(paths.map((path) => digestFile(path)));
    expect(contents).toEqual(
      paths.map((_, i) => ({ digest: digestBytes(Buffer.alloc((2 << 20) + i, i + 1)), size: (2 << 20) + i })),
    );
  });

  it('is given up by a signal in the middle of a file, and others go on', async () => {
    const folder = testFolder();
    const [endless, other] = [join(folder, 'endless'), join(folder, 'other')];
    writeFileSync(endless, '');
    truncateSync(endless, 2 ** 40);
    writeFileSync(other, Buffer.alloc(2 << 20));
    const stop = new AbortController();
    // More than there are threads.
    const given = Promise.allSettled(Array.from({ length: 6 }, () => digestFile(endless, { signal: stop.signal })));
    const kept = digestFile(other);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort(new Error('enough'));
    expect(await given).toEqual(Array.from({ length: 6 }, () => ({ status: 'rejected', reason: new Error('enough') })));
    expect(await kept).toEqual({ digest: digestBytes(Buffer.alloc(2 << 20)), size: 2 << 20 });
    await expect(digestFile(endless, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('fails as the system does', async () => {
    const folder = testFolder();
    await expect(digestFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(digestFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('is refused in the same words by a thread: the system’s errors stay what they are', async () => {
    const path = join(testFolder(), 'nothing');
    const [here, there] = await Promise.all(
      [digestFile, digestLargeFile].map((digest) => digest(path).catch((error: unknown) => error)),
    );
    expect({ ...(there as Error) }).toMatchObject({ ...(here as Error) });
    expect(systemError(there)).toEqual(systemError(here));
    expect(systemError(there)).toBeInstanceOf(StoreError);
  });
});
