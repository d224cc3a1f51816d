import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquirePublished } from '../../src/data/acquire.js';
import { idxFile } from '../../src/data/formats/idx.js';
import { knownDatasets } from '../../src/data/known.js';
import { decodeTransposed, idxArchiveLayout } from '../../src/data/layouts/idx-archive.js';
import { allParts } from '../../src/data/layouts/layout.js';
import { layoutsOf } from '../../src/data/layouts/layouts.js';
import { decodeSvhn } from '../../src/data/layouts/mat.js';
import type { IdxArchiveFormat, PublishedDataset } from '../../src/data/published.js';
import { embeddedDatasets, publishedDatasets } from '../../src/data/sources.js';
import { zip } from '../../src/formats/zip.js';
import dataset from '../../stages/dataset.js';
import { pinned } from './described.js';
import { FileServer } from './server.js';

it('each data set that is known is embedded or published', () => {
  const sources = [...Object.keys(embeddedDatasets), ...Object.keys(publishedDatasets)];
  expect(sources.sort()).toEqual(Object.keys(knownDatasets).sort());
  const names = dataset.parameters.properties.name.anyOf.map((literal) => literal.const);
  expect(names).toEqual([...Object.keys(knownDatasets), undefined]);
});

describe.each(Object.entries<PublishedDataset>(publishedDatasets))('%s', (_, published) => {
  const { shape, format, train, test } = published;

  it('has files as large as its images and labels', () => {
    const pixels = shape[0] * shape[1] * shape[2];
    if (format.kind === 'cifar')
      for (const { name, bytes } of allParts(published)) expect(bytes % (format.labelBytes + pixels), name).toBe(0);
    else if (format.kind !== 'mat')
      for (const [images, labels] of [train, test])
        expect(images!.bytes - 16, images!.name).toBe((labels!.bytes - 8) * pixels);
  });

  it('is downloaded in layouts that it can be read from', () => {
    const layouts = new Map(layoutsOf(published).map((layout) => [layout.name, layout]));
    expect(published.downloads.length).toBeGreaterThan(0);
    for (const { layout, files, mirrors } of published.downloads) {
      expect(layouts.get(layout)?.files.map((names) => names[0])).toEqual(files.map(({ name }) => name));
      for (const mirror of mirrors) expect(mirror).toMatch(/^https?:\/\/.*\/$/);
    }
  });
});

describe('a data set of which nothing is known but its description', () => {
  const files = [
    ['train-images-idx3-ubyte', idxFile({ shape: [3, 2, 4], data: Uint8Array.from({ length: 24 }, (_, i) => i) })],
    ['train-labels-idx1-ubyte', idxFile({ shape: [3], data: Uint8Array.of(0, 1, 2) })],
    ['t10k-images-idx3-ubyte', idxFile({ shape: [1, 2, 4], data: new Uint8Array(8).fill(9) })],
    ['t10k-labels-idx1-ubyte', idxFile({ shape: [1], data: Uint8Array.of(1) })],
  ] as const;
  const toy = (mirror: string): PublishedDataset => ({
    ...{ title: 'Toy', shape: [2, 4, 1], classes: 3, classNames: ['a', 'b', 'c'] },
    format: { kind: 'idx', folders: ['Toy/raw'] },
    ...{ train: files.slice(0, 2).map(pinned), test: files.slice(2).map(pinned) },
    downloads: [{ layout: 'idx', files: files.map(([name]) => ({ name: `${name}.gz` })), mirrors: [mirror] }],
  });
  const read = (folder: string, mirror: string, published = toy(mirror)) => {
    vi.stubEnv('SPIKELINE_CACHE', join(folder, 'cache'));
    const log: string[] = [];
    const options = { signal: new AbortController().signal, progress: () => undefined, scale: 256 } as const;
    const about = { ...options, log: (line: string) => log.push(line), retryMs: 1, project: folder };
    return acquirePublished('toy', published, about).then((whole) => ({ whole, log }));
  };

  async function place() {
    const folder = mkdtempSync(join(tmpdir(), 'spikeline-toy-'));
    const server = await FileServer.start();
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
      await server.stop();
    });
    return { folder, server };
  }

  it('is found where other programs keep it, and downloaded', async () => {
    const { folder, server } = await place();
    for (const [name, bytes] of files) server.files.set(`${name}.gz`, { body: gzipSync(bytes) });
    const { whole } = await read(folder, server.url);
    expect(whole).toMatchObject({ name: 'toy', source: 'Toy', shape: [2, 4, 1], classes: 3 });
    expect([[...whole.train.labels], [...whole.test.images]]).toEqual([[0, 1, 2], new Array(8).fill(9)]);

    const other = join(folder, 'data/Toy/raw');
    mkdirSync(other, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(other, name), bytes);
    rmSync(join(folder, 'cache'), { recursive: true });
    const found = await read(folder, 'http://127.0.0.1:9/');
    expect(found.log).toEqual([`Toy: the publisher's IDX files in ${other}`]);
    expect(found.whole).toEqual(whole);
  });

  it('may be known by its compressed files alone', async () => {
    const { folder, server } = await place();
    const packed = files.map(([name, bytes]) => [name, gzipSync(bytes)] as const);
    for (const [name, body] of packed) server.files.set(`${name}.gz`, { body });
    const parts = packed.map(
      ([name, body], i) => ({ ...pinned([name, body]), bytes: files[i]![1].length, packed: true }) as const,
    );
    const published = { ...toy(server.url), train: parts.slice(0, 2), test: parts.slice(2) };
    const { whole } = await read(folder, server.url, published);
    expect([[...whole.train.labels], [...whole.test.images]]).toEqual([[0, 1, 2], new Array(8).fill(9)]);
  });

  it('may be one of several in an archive, with rows and columns exchanged', async () => {
    const { folder, server } = await place();
    const part = (name: string, shape: readonly number[], data: readonly number[]) =>
      [name, idxFile({ shape: [...shape], data: Uint8Array.from(data) })] as const;
    // Stored width first: the image is 0 1 2 3 over 4 5 6 7.
    const exchanged = [0, 4, 1, 5, 2, 6, 3, 7];
    const own = [
      part('toy-train-images-idx3-ubyte', [2, 4, 2], [...exchanged, ...exchanged.map((pixel) => pixel + 8)]),
      part('toy-train-labels-idx1-ubyte', [2], [1, 3]),
      part('toy-test-images-idx3-ubyte', [1, 4, 2], exchanged),
      part('toy-test-labels-idx1-ubyte', [1], [2]),
    ];
    const others = [
      ['readme.txt', Buffer.from('x')],
      ['toy-2-train-images-idx3-ubyte.gz', Buffer.from('no gzip')],
    ] as const;
    const body = Buffer.from(
      await zip(new Map([...own.map(([name, bytes]) => [`gzip/${name}.gz`, gzipSync(bytes)] as const), ...others])),
    );
    const archive = { name: 'gzip.zip', md5: createHash('md5').update(body).digest('hex') };
    const published = (about: Partial<IdxArchiveFormat> = {}): PublishedDataset => ({
      ...toy(server.url),
      format: {
        ...{ kind: 'idx-archive', home: 'family', archive, aliases: ['emnist.zip'], transposed: true, firstLabel: 1 },
        ...about,
      },
      train: own.slice(0, 2).map(([name, bytes]) => ({ name, bytes: bytes.length })),
      test: own.slice(2).map(([name, bytes]) => ({ name, bytes: bytes.length })),
      downloads: [{ layout: 'idx-archive', files: [archive], mirrors: [server.url] }],
    });
    server.files.set('gzip.zip', { body });
    const { whole } = await read(folder, server.url, published());
    expect([...whole.train.images]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect([[...whole.train.labels], [...whole.test.labels]]).toEqual([[0, 2], [1]]);
    // Others of the family find it where it is; under another name, too.
    expect(existsSync(join(folder, 'cache/family/gzip.zip'))).toBe(true);
    const nowhere = 'http://127.0.0.1:9/';
    const again = {
      ...published(),
      downloads: [{ layout: 'idx-archive', files: [archive], mirrors: [nowhere] }],
    } as const;
    expect((await read(folder, nowhere, again)).whole).toEqual(whole);
    renameSync(join(folder, 'cache/family/gzip.zip'), join(folder, 'cache/family/emnist.zip'));
    expect((await read(folder, nowhere, again)).whole).toEqual(whole);
    // One that is damaged is told from it.
    writeFileSync(join(folder, 'cache/family/emnist.zip'), Buffer.concat([body, Buffer.of(0)]));
    await expect(read(folder, nowhere, again)).rejects.toThrow('127.0.0.1:9');
    const { read: readArchive } = idxArchiveLayout(published().format as IdxArchiveFormat);
    await expect(readArchive([join(folder, 'cache/family/emnist.zip')], published())).rejects.toThrow(
      /emnist\.zip is not gzip\.zip as it was published: its checksum differs/,
    );
    const files = own.map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes) }));
    expect(() => decodeTransposed(files.slice(0, 2), 2)).toThrow('it holds a label below 2');
  });

  it('are of EMNIST with as many classes as its paper has', () => {
    const emnist = Object.entries<PublishedDataset>(publishedDatasets).filter(([name]) => name.startsWith('emnist-'));
    expect(emnist.map(([name, { classes, classNames }]) => [name, classes, classNames.length])).toEqual([
      ...[
        ['emnist-balanced', 47, 47],
        ['emnist-letters', 26, 26],
        ['emnist-digits', 10, 10],
      ],
      ...[
        ['emnist-mnist', 10, 10],
        ['emnist-byclass', 62, 62],
        ['emnist-bymerge', 47, 47],
      ],
    ]);
  });

  it('may be files of MATLAB', async () => {
    const { folder, server } = await place();
    const names = ['train_32x32.mat', 'test_32x32.mat'];
    const contents = names.map((name) => readFileSync(join(import.meta.dirname, 'fixtures/svhn', name)));
    for (const [i, name] of names.entries()) server.files.set(name, { body: contents[i]! });
    const published: PublishedDataset = {
      ...{
        title: 'Toy',
        shape: [2, 4, 3],
        classes: 10,
        classNames: Array.from({ length: 10 }, String),
        format: { kind: 'mat', folders: [] },
      },
      train: [pinned([names[0]!, contents[0]!])],
      test: [pinned([names[1]!, contents[1]!])],
      downloads: [{ layout: 'mat', files: names.map((name) => ({ name })), mirrors: [server.url] }],
    };
    const { whole } = await read(folder, server.url, published);
    const images = (count: number) => Array.from({ length: count * 24 }, (_, i) => (i * 5) % 256);
    expect([[...whole.train.labels], [...whole.train.images]]).toEqual([[0, 1, 2], images(3)]);
    expect([...whole.test.images]).toEqual(images(1));
    for (const damage of [contents[0]!.subarray(0, 300), Buffer.from('MATLAB 7.3 MAT-file'), Buffer.alloc(200)])
      expect(() => decodeSvhn(damage, 'x.mat')).toThrow(/^x\.mat can't be used: it /);
  });
});
