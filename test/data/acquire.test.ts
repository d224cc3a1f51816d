import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquire, subset } from '../../src/data/acquire.js';
import { readMembers } from '../../src/data/extract.js';
import { encodeIdx } from '../../src/data/formats/idx.js';
import { type PublishedDataset, publishedDatasets } from '../../src/data/sources.js';
import { FileServer, md5 } from './server.js';

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-acquire-'));
  server = await FileServer.start();
  vi.stubEnv('SPIKELINE_CACHE', join(folder, 'cache'));
  vi.stubEnv('SPIKELINE_DATA', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const quiet = {
  signal: new AbortController().signal,
  progress: () => undefined,
  log: () => undefined,
  scale: 256,
  retryMs: 1,
} as const;

/** Tells the program that these are the published checksums, and serves the files. */
function publish(name: keyof typeof publishedDatasets, files: Readonly<Record<string, Buffer | Uint8Array>>): void {
  const published: PublishedDataset = publishedDatasets[name];
  Object.defineProperty(published, 'files', {
    configurable: true,
    get: () => Object.entries(files).map(([file, bytes]) => ({ name: file, md5: md5(bytes) })),
  });
  for (const [file, bytes] of Object.entries(files)) server.files.set(file, { body: Buffer.from(bytes) });
}

/** CIFAR's binary records: label bytes, then red, green and blue planes. */
function cifarFile(count: number, labelBytes: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, n) => {
      const planes = Buffer.alloc(3072);
      for (let i = 0; i < 3072; i++) planes[i] = (Math.floor(i / 1024) * 80 + n) & 255;
      return Buffer.concat([Buffer.alloc(labelBytes, 19).fill(n % 10, labelBytes - 1), planes]);
    }),
  );
}

function tarGz(files: Readonly<Record<string, Buffer>>): Buffer {
  const root = join(folder, 'tar');
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), bytes);
  }
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', root, '.']);
  rmSync(root, { recursive: true });
  return readFileSync(join(folder, 'a.tar.gz'));
}

const original = Object.fromEntries(
  Object.entries(publishedDatasets).map(([name, { files }]) => [name, files]),
) as unknown as Record<string, PublishedDataset['files']>;
afterEach(() => {
  for (const [name, files] of Object.entries(original))
    Object.defineProperty(publishedDatasets[name as keyof typeof publishedDatasets], 'files', {
      value: files,
      configurable: true,
      writable: true,
    });
});

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

  it('downloads and unpacks CIFAR-10 in its true form, once', async () => {
    const members = Object.fromEntries(
      [...publishedDatasets.cifar10.format.train, ...publishedDatasets.cifar10.format.test].map((name, i) => [
        name,
        cifarFile(2 + i, 1),
      ]),
    );
    publish('cifar10', {
      'cifar-10-binary.tar.gz': tarGz({ ...members, 'cifar-10-batches-bin/readme.html': Buffer.from('x') }),
    });
    const options = { ...quiet, mirrors: [server.url] };
    const { train, test } = await acquire('cifar10', options);
    expect([train.count, test.count]).toEqual([2 + 3 + 4 + 5 + 6, 7]);
    expect([...train.labels.subarray(0, 5)]).toEqual([0, 1, 0, 1, 2]);
    // The planes became the channels of pixels.
    expect([...train.images.subarray(3072, 3078)]).toEqual([1, 81, 161, 1, 81, 161]);
    await acquire('cifar10', options);
    expect(server.requests).toHaveLength(1);
  });

  it('takes the fine label of CIFAR-100', async () => {
    publish('cifar100', {
      'cifar-100-binary.tar.gz': tarGz({
        'cifar-100-binary/train.bin': cifarFile(3, 2),
        'cifar-100-binary/test.bin': cifarFile(1, 2),
      }),
    });
    const { train } = await acquire('cifar100', { ...quiet, mirrors: [server.url] });
    expect([...train.labels]).toEqual([0, 1, 2]);
  });

  it('downloads IDX files, and prefers a folder of the user', async () => {
    const images = (n: number) => encodeIdx({ shape: [n, 28, 28], data: new Uint8Array(n * 784).fill(n) });
    const labels = (n: number) => encodeIdx({ shape: [n], data: Uint8Array.from({ length: n }, (_, i) => i) });
    const files = {
      'train-images-idx3-ubyte.gz': images(3),
      'train-labels-idx1-ubyte.gz': labels(3),
      't10k-images-idx3-ubyte.gz': images(2),
      't10k-labels-idx1-ubyte.gz': labels(2),
    };
    publish('mnist', files);
    const { train, test } = await acquire('mnist', { ...quiet, mirrors: [server.url] });
    expect([train.count, test.count, train.images[0]]).toEqual([3, 2, 3]);
    expect(server.requests).toHaveLength(4);

    const own = join(folder, 'own', 'mnist');
    mkdirSync(own, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(own, name), bytes);
    rmSync(join(folder, 'cache'), { recursive: true });
    vi.stubEnv('SPIKELINE_DATA', join(folder, 'own'));
    expect((await acquire('mnist', { ...quiet, mirrors: [] })).train.count).toBe(3);
    writeFileSync(join(own, 'train-labels-idx1-ubyte.gz'), labels(4));
    await expect(acquire('mnist', { ...quiet, mirrors: [] })).rejects.toMatchObject({ code: 'E_DATA_CHECKSUM' });
  });

  it('says how to go on without network, and what a source lacks', async () => {
    await expect(acquire('cifar10', { ...quiet, mirrors: [server.url] })).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      hint: expect.stringContaining(
        'put cifar-10-binary.tar.gz into a folder and name it: `with: { name: cifar10, source: FOLDER }`, or SPIKELINE_DATA=FOLDER',
      ),
    });
    await expect(acquire('cifar10', { ...quiet, source: folder })).rejects.toMatchObject({
      code: 'E_DATA_SOURCE',
      hint: 'Put there: cifar-10-binary.tar.gz.',
    });
  });
});

describe('hostile archives', () => {
  const wanted = ['a/train.bin'];
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
    expect([...members.keys()]).toEqual(wanted);
  });

  it('refuses members that are too large, missing ones, and what is no archive', async () => {
    const large = archive((root) => {
      writeFileSync(join(root, 'a/train.bin'), Buffer.alloc(5000));
      return ['a/train.bin'];
    });
    await expect(readMembers(large, wanted, 1000)).rejects.toMatchObject({
      message: expect.stringContaining('more than the 1000 that are allowed'),
    });
    await expect(readMembers(large, ['b.bin'])).rejects.toMatchObject({
      message: expect.stringContaining('b.bin is not in it'),
    });
    const bomb = join(folder, 'bomb.tar.gz');
    writeFileSync(bomb, gzipSync(Buffer.from('not a tar')));
    await expect(readMembers(bomb, wanted)).rejects.toMatchObject({ code: 'E_ARCHIVE' });
    writeFileSync(bomb, readFileSync(large).subarray(0, 60));
    await expect(readMembers(bomb, wanted)).rejects.toMatchObject({ code: 'E_ARCHIVE' });
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
