import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyContent } from '../../src/files/copy.js';
import { digestBytes, digestFile } from '../../src/files/digest.js';
import { copyLargeFile, digestLargeFile } from '../../src/files/digest-pool.js';
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

  it.runIf(process.platform === 'linux')('is that of all there is, where a file says that it has nothing', async () => {
    const path = '/proc/version';
    expect(statSync(path).size).toBe(0);
    const bytes = readFileSync(path);
    expect(await digestFile(path)).toEqual({ digest: digestBytes(bytes), size: bytes.length });
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

describe('a copy', () => {
  it.each([0, 1000, 100_000, 3_333_333])('has the %i bytes and the permissions of its original', async (size) => {
    const folder = testFolder();
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    const bytes = Buffer.alloc(size, 'spikes and ');
    writeFileSync(source, bytes);
    chmodSync(source, 0o744);
    for (const [copy, how] of [
      [target, copyContent],
      [`${target}2`, copyLargeFile],
    ] as const) {
      const content = await how(source, copy);
      expect(readFileSync(copy).equals(bytes)).toBe(true);
      expect(statSync(copy).mode & 0o777).toBe(0o744);
      if (content !== undefined) expect(content).toEqual({ digest: digestBytes(bytes), size });
    }
    // What is there may be another's.
    await expect(copyContent(source, target)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(copyLargeFile(source, target)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(copyContent(`${source}s`, `${target}3`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('of a file with holes has them, too', async () => {
    const folder = testFolder();
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    writeFileSync(source, 'begin');
    truncateSync(source, 5 << 20);
    writeFileSync(source, 'middle', { flag: 'a' });
    truncateSync(source, 8 << 20);
    const { digest, size } = await copyLargeFile(source, target);
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
    expect([digest, size]).toEqual([digestBytes(readFileSync(source)), 8 << 20]);
    expect(statSync(target).blocks * 512).toBeLessThan(2 << 20);
  });

  it('is given up in the middle: when that is told, nothing is written any more', async () => {
    const folder = testFolder();
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    writeFileSync(source, 'never ends');
    truncateSync(source, 2 ** 40);
    const stop = new AbortController();
    const copying = copyLargeFile(source, target, { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort(new Error('enough'));
    await expect(copying).rejects.toThrow('enough');
    expect(statSync(target).size).toBeLessThan(2 ** 40);
  });
});
