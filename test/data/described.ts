import { createHash } from 'node:crypto';
import { idxFile } from '../../src/data/formats/idx.js';
import type { Part, PublishedDataset } from '../../src/data/published.js';
import { type PublishedName, publishedDatasets } from '../../src/data/sources.js';

/** A data set of a few images, described as the published one of its name is, and its parts. */
export interface Described {
  readonly name: PublishedName;
  readonly published: PublishedDataset;
  readonly parts: ReadonlyMap<string, Buffer>;
}

/** The published description, with these parts in the place of its own. */
export function describe(name: PublishedName, train: readonly Named[], test: readonly Named[]): Described {
  const published: PublishedDataset = {
    ...publishedDatasets[name],
    train: train.map(pinned),
    test: test.map(pinned),
    downloads: [],
  };
  return { name, published, parts: new Map([...train, ...test].map(([part, bytes]) => [part, Buffer.from(bytes)])) };
}

type Named = readonly [name: string, bytes: Uint8Array];

/** A file as a part of a data set, with its size and digest. */
export const pinned = ([name, bytes]: Named): Part => ({
  name,
  bytes: bytes.length,
  digest: `sha1:${createHash('sha1').update(bytes).digest('hex')}`,
});

/** The images that `fixtures/make.py` makes, in planes. */
function planes(first: number, count: number): Buffer {
  const bytes = Buffer.alloc(count * 3072);
  for (let n = 0; n < count; n++)
    for (let place = 0; place < 3072; place++) bytes[n * 3072 + place] = ((first + n) * 37 + place * 7) % 256;
  return bytes;
}

function records(first: number, labels: readonly ((n: number) => number)[]): Buffer {
  const images = planes(first, 2);
  return Buffer.concat(
    [0, 1].flatMap((n) => [
      Buffer.from(labels.map((label) => label(first + n))),
      images.subarray(n * 3072, (n + 1) * 3072),
    ]),
  );
}

/** What `fixtures/make.py` has in its layouts of CIFAR-10, in that of the binary version. */
export const tinyCifar10: Described = describe(
  'cifar10',
  [1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, records(20 + 2 * i, [(n) => n % 10])] as const),
  [['test_batch.bin', records(40, [(n) => n % 10])]],
);

/** The same of CIFAR-100. */
export const tinyCifar100: Described = describe(
  'cifar100',
  [['train.bin', records(110, [(n) => n % 20, (n) => n % 100])]],
  [['test.bin', records(130, [(n) => n % 20, (n) => n % 100])]],
);

/** The same of MNIST. */
export const tinyMnist: Described = (() => {
  const half = (first: number, names: readonly [string, string]): Named[] => {
    const images = [0, 1].map((n) => planes(first + n, 1).subarray(0, 784));
    return [
      [names[0], idxFile({ shape: [2, 28, 28], data: Buffer.concat(images) })],
      [names[1], idxFile({ shape: [2], data: Uint8Array.of(first % 10, (first + 1) % 10) })],
    ];
  };
  return describe(
    'mnist',
    half(50, ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']),
    half(60, ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']),
  );
})();
