import { imageShapes } from './shapes.js';

/** A file as its publisher offers it. */
export interface PublishedFile {
  readonly name: string;
  /** MD5, as the publisher or the common libraries give it: it pins the content, wherever the file comes from. */
  readonly md5: string;
  /** SHA-256 of the unpacked content, for copies that were compressed anew, such as Debian's. */
  readonly content?: string;
}

/** A data set that can be downloaded. */
export interface PublishedDataset {
  readonly title: string;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly files: readonly PublishedFile[];
  /** URLs that file names are appended to, tried in order. */
  readonly mirrors: readonly string[];
  readonly format:
    | { readonly kind: 'idx' }
    /** Members of the one archive. */
    | {
        readonly kind: 'cifar';
        readonly labelBytes: 1 | 2;
        readonly train: readonly string[];
        readonly test: readonly string[];
      };
}

type Four = readonly [string, string, string, string];

const idxFiles = (md5: Four, content?: Four): PublishedFile[] =>
  [
    'train-images-idx3-ubyte.gz',
    'train-labels-idx1-ubyte.gz',
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
  ].map((name, i) => ({ name, md5: md5[i]!, ...(content === undefined ? {} : { content: content[i]! }) }));

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

export const fashionClasses = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

const cifar10Classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export const publishedDatasets = {
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    shape: imageShapes['fashion-mnist'],
    classNames: fashionClasses,
    files: idxFiles(
      [
        '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
        '25c81989df183df01b3e8a0aad5dffbe',
        'bef4ecab320f06d8554ea6380940ec79',
        'bb300cfdad3c16e7a12a480ee83cd310',
      ],
      [
        'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
        'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
        '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
        '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      ],
    ),
    mirrors: [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    ],
    format: { kind: 'idx' },
  },
  mnist: {
    title: 'MNIST',
    shape: imageShapes.mnist,
    classNames: digits,
    files: idxFiles([
      'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'd53e105ee54ea40749a09fcbcd1e9432',
      '9fb629c4189551a2d022fa330f9573f3',
      'ec29112dd5afa0611ce80d1b7f02629c',
    ]),
    mirrors: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    format: { kind: 'idx' },
  },
  cifar10: {
    title: 'CIFAR-10',
    shape: imageShapes.cifar10,
    classNames: cifar10Classes,
    files: [{ name: 'cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530' }],
    mirrors: ['https://www.cs.toronto.edu/~kriz/', 'http://www.cs.toronto.edu/~kriz/'],
    format: {
      kind: 'cifar',
      labelBytes: 1,
      train: [1, 2, 3, 4, 5].map((i) => `cifar-10-batches-bin/data_batch_${i}.bin`),
      test: ['cifar-10-batches-bin/test_batch.bin'],
    },
  },
  cifar100: {
    title: 'CIFAR-100',
    shape: imageShapes.cifar100,
    classNames: Array.from({ length: 100 }, (_, label) => `class ${label}`),
    files: [{ name: 'cifar-100-binary.tar.gz', md5: '03b5dce01913d631647c71ecec9e9cb8' }],
    mirrors: ['https://www.cs.toronto.edu/~kriz/', 'http://www.cs.toronto.edu/~kriz/'],
    format: {
      kind: 'cifar',
      labelBytes: 2,
      train: ['cifar-100-binary/train.bin'],
      test: ['cifar-100-binary/test.bin'],
    },
  },
} as const satisfies Record<string, PublishedDataset>;

export type PublishedName = keyof typeof publishedDatasets;

/** Data sets that are made from what comes with Spikeline. */
export const embeddedDatasets = {
  'fashion-mnist-sample': {
    shape: imageShapes['fashion-mnist-sample'],
    classes: 10,
    source: 'embedded in Spikeline, taken from Fashion-MNIST (MIT, Zalando SE)',
  },
  'fashion-as-cifar10': {
    shape: imageShapes['fashion-as-cifar10'],
    classes: 10,
    source: "not CIFAR-10: a stand-in for it, coloured Fashion-MNIST images in CIFAR-10's format",
  },
  'fashion-as-cifar100': {
    shape: imageShapes['fashion-as-cifar100'],
    classes: 100,
    source: "not CIFAR-100: a stand-in for it, coloured Fashion-MNIST images in CIFAR-100's format",
  },
} as const satisfies Record<string, { shape: PublishedDataset['shape']; classes: number; source: string }>;

export type EmbeddedName = keyof typeof embeddedDatasets;

export function isEmbedded(name: string): name is EmbeddedName {
  return Object.hasOwn(embeddedDatasets, name);
}
