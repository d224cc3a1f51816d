import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquire, acquirePublished, subset } from '../../src/data/acquire.js';
import { readMembers } from '../../src/data/extract.js';
import { tinyCifar100 } from './described.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-acquire-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const quiet = {
  signal: new AbortController().signal,
  progress: () => undefined,
  log: () => undefined,
  scale: 256,
} as const;

describe('acquire', () => {
  it('reads the embedded sample: balanced, 6,000 and 1,000 images', async () => {
    const { train, test, shape, classes } = await acquire('fashion-mnist-sample', quiet);
    expect([train.count, test.count, shape, classes]).toEqual([6000, 1000, [28, 28, 1], 10]);
    for (const [split, each] of [
      [train, 600],
      [test, 100],
    ] as const) {
      const counts = new Array<number>(10).fill(0);
      for (const label of split.labels) counts[label]!++;
      expect(counts).toEqual(new Array(10).fill(each));
    }
  });

  it('makes pixels of the planes of CIFAR, and takes the fine label of CIFAR-100', async () => {
    for (const [name, bytes] of tinyCifar100.parts) writeFileSync(join(folder, name), bytes);
    const { train, test } = await acquirePublished('cifar100', tinyCifar100.published, { ...quiet, source: folder });
    expect([train.count, test.count, [...train.labels], [...test.labels]]).toEqual([2, 2, [10, 11], [30, 31]]);
    // Image 111 of `fixtures/make.py`, whose planes begin at 0, 1024 and 2048: 7 · 1024 is a multiple of 256.
    const [first, second] = [(111 * 37) % 256, (111 * 37 + 7) % 256];
    expect([...train.images.subarray(3072, 3078)]).toEqual([first, first, first, second, second, second]);
  });
});

describe('hostile archives', () => {
  const wanted = new Map([['a/train.bin', 2000]]);
  const archive = (make: (root: string) => readonly string[]): string => {
    const root = join(folder, 'hostile');
    mkdirSync(join(root, 'a'), { recursive: true });
    const path = join(folder, 'hostile.tar.gz');
    execFileSync('tar', ['-czPf', path, '-C', root, ...make(root)]);
    return path;
  };

  it('refuses links in the place of a wanted file', async () => {
    const soft = archive((root) => {
      symlinkSync('/etc/passwd', join(root, 'a/train.bin'));
      return ['a/train.bin'];
    });
    await expect(readMembers(soft, wanted)).rejects.toMatchObject({
      code: 'E_ARCHIVE',
      message: expect.stringContaining('is a SymbolicLink'),
    });
  });

  it('passes over paths that lead elsewhere', async () => {
    const path = archive((root) => {
      writeFileSync(join(root, 'a/train.bin'), 'good');
      writeFileSync(join(folder, 'evil'), 'bad');
      return ['a/train.bin', '../evil'];
    });
    rmSync(join(folder, 'evil'));
    const members = await readMembers(path, wanted);
    expect([...members.keys()]).toEqual(['a/train.bin']);
  });

  it('refuses members that are too large, missing ones, and what is no archive', async () => {
    const large = archive((root) => {
      writeFileSync(join(root, 'a/train.bin'), Buffer.alloc(5000));
      return ['a/train.bin'];
    });
    await expect(readMembers(large, wanted)).rejects.toMatchObject({
      message: `${large} can't be used: a/train.bin has 5000 bytes, more than the 2000 allowed.`,
    });
    await expect(readMembers(large, new Map([['b.bin', 1]]))).rejects.toMatchObject({
      message: expect.stringContaining('b.bin is not in it'),
    });
    const bomb = join(folder, 'bomb.tar.gz');
    writeFileSync(bomb, gzipSync(Buffer.from('not a tar')));
    await expect(readMembers(bomb, wanted)).rejects.toMatchObject({ code: 'E_ARCHIVE' });
    writeFileSync(bomb, readFileSync(large).subarray(0, 60));
    await expect(readMembers(bomb, wanted)).rejects.toMatchObject({ code: 'E_ARCHIVE' });
  });

  it('are not unpacked further than what is wanted can be: zeros, other files, archives in archives', async () => {
    const zeros = join(folder, 'zeros.tar.gz');
    writeFileSync(zeros, gzipSync(Buffer.alloc(64 * 2 ** 20)));
    await expect(readMembers(zeros, wanted)).rejects.toMatchObject({
      code: 'E_ARCHIVE',
      message: `${zeros} can't be used: it unpacks to more than the ${2000 + 32 * 2 ** 20} bytes allowed.`,
    });
    const nested = join(folder, 'nested.tar.gz');
    writeFileSync(nested, gzipSync(readFileSync(zeros)));
    await expect(readMembers(nested, wanted)).rejects.toMatchObject({
      message: `${nested} can't be used: it is compressed twice.`,
    });
    const twice = archive((root) => {
      writeFileSync(join(root, 'a/train.bin'), 'good');
      return ['--hard-dereference', 'a/train.bin', 'a/train.bin'];
    });
    await expect(readMembers(twice, wanted)).rejects.toMatchObject({
      message: `${twice} can't be used: it holds a/train.bin twice.`,
    });
  });
});

describe('subset', () => {
  it('stays balanced and keeps the order', () => {
    const labels = Uint8Array.from({ length: 30 }, (_, i) => i % 3);
    const split = { count: 30, labels, images: Uint8Array.from(labels.keys()) };
    expect(subset(split, 6, 3)).toEqual({
      count: 6,
      labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
      images: Uint8Array.of(0, 1, 2, 3, 4, 5),
    });
    expect(subset(split, 99, 3)).toBe(split);
  });
});
