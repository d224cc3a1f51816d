import { emnistDatasets } from './emnist.js';
import { imageBytes } from './formats/cifar.js';
import { knownDatasets } from './known.js';
import type { CifarFormat, IdxFormat, Part, PublishedDataset, PublishedFile } from './published.js';

type Four = readonly [string, string, string, string];

/** Checksums are those of the four files of 60,000 and 10,000 images: compressed and, where they are known, unpacked. */
function idx(
  format: Omit<IdxFormat, 'kind'>,
  { md5, sha256 }: { md5: Four; sha256?: Four },
  mirrors: readonly string[],
) {
  const names = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ];
  const sizes = [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000];
  const parts = names.map(
    (name, i): Part => ({
      ...{ name, bytes: sizes[i]! },
      ...(sha256 === undefined ? { digest: `md5:${md5[i]!}`, packed: true } : { digest: `sha256:${sha256[i]!}` }),
    }),
  );
  const files = names.map((name, i) => ({ name: `${name}.gz`, md5: md5[i]! }));
  return {
    format: { kind: 'idx', ...format },
    train: parts.slice(0, 2),
    test: parts.slice(2),
    downloads: [{ layout: 'idx', files, mirrors }],
  } as const;
}

/** Records of CIFAR's binary version, with their SHA-1. */
const records = (labelBytes: 1 | 2, count: number, files: readonly (readonly [name: string, sha1: string])[]): Part[] =>
  files.map(([name, sha1]) => ({ name, bytes: count * (labelBytes + imageBytes), digest: `sha1:${sha1}` }));

/** The publisher's host of today, and its former name. */
const toronto = ['https://cave.cs.toronto.edu/kriz/', 'https://www.cs.toronto.edu/~kriz/'];

/** Of training and test images. */
export const parquetNames = ['train-00000-of-00001.parquet', 'test-00000-of-00001.parquet'];

/** @param archive what is known of the binary version's */
function cifar(format: Omit<CifarFormat, 'kind'>, archive: Omit<PublishedFile, 'name'>) {
  const { binaryArchive, hub } = format;
  return {
    format: { kind: 'cifar', ...format },
    downloads: [
      { layout: 'binary-archive', files: [{ name: binaryArchive, ...archive }], mirrors: toronto },
      {
        layout: 'parquet',
        files: parquetNames.map((name) => ({ name })),
        mirrors: [`https://huggingface.co/datasets/${hub.repository}/resolve/main/${hub.folder}/`],
      },
    ],
  } as const;
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

export const fashionClasses = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

const cifar10Classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export const publishedDatasets = {
  'fashion-mnist': {
    ...knownDatasets['fashion-mnist'],
    classNames: fashionClasses,
    ...idx(
      { folders: ['raw', 'FashionMNIST/raw'] },
      {
        md5: [
          '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
          '25c81989df183df01b3e8a0aad5dffbe',
          'bef4ecab320f06d8554ea6380940ec79',
          'bb300cfdad3c16e7a12a480ee83cd310',
        ],
        sha256: [
          'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
          'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
          '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
          '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
        ],
      },
      [
        'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
        'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      ],
    ),
  },
  mnist: {
    ...knownDatasets.mnist,
    classNames: digits,
    ...idx(
      { folders: ['raw', 'MNIST/raw'], npz: 'mnist.npz' },
      {
        md5: [
          'f68b3c2dcbeaaa9fbdd348bbdeb94873',
          'd53e105ee54ea40749a09fcbcd1e9432',
          '9fb629c4189551a2d022fa330f9573f3',
          'ec29112dd5afa0611ce80d1b7f02629c',
        ],
        sha256: [
          'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
          '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
          '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
          'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
        ],
      },
      ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    ),
  },
  kmnist: {
    ...knownDatasets.kmnist,
    classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
    ...idx(
      { folders: ['raw', 'KMNIST/raw'] },
      {
        md5: [
          'bdb82020997e1d708af4cf47b453dcf7',
          'e144d726b3acfaa3e44228e80efcd344',
          '5c965bf0a639b31b8f53240b1b52f4d7',
          '7320c461ea6c1c855c0b718fb2a4b134',
        ],
      },
      ['http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    ),
  },
  ...emnistDatasets,
  svhn: {
    ...knownDatasets.svhn,
    classNames: digits,
    format: { kind: 'mat', folders: ['SVHN', 'svhn'] },
    train: [{ name: 'train_32x32.mat', bytes: 182_040_794, digest: 'md5:e26dedcc434d2e4c54c9b2d4a06d8373' }],
    test: [{ name: 'test_32x32.mat', bytes: 64_275_384, digest: 'md5:eb5a983be6a315427106f1b164d9cef3' }],
    downloads: [
      {
        layout: 'mat',
        files: [
          { name: 'train_32x32.mat', bytes: 182_040_794, md5: 'e26dedcc434d2e4c54c9b2d4a06d8373' },
          { name: 'test_32x32.mat', bytes: 64_275_384, md5: 'eb5a983be6a315427106f1b164d9cef3' },
        ],
        mirrors: ['http://ufldl.stanford.edu/housenumbers/'],
      },
    ],
  },
  cifar10: {
    ...knownDatasets.cifar10,
    classNames: cifar10Classes,
    train: records(1, 10_000, [
      ['data_batch_1.bin', 'aadd24acce27caa71bf4b10992e9e7b2d74c2540'],
      ['data_batch_2.bin', 'c0ba65cce70568cd57b4e03e9ac8d2a5367c1795'],
      ['data_batch_3.bin', '1dd00a74ab1d17a6e7d73e185b69dbf31242f295'],
      ['data_batch_4.bin', 'aab85764eb3584312d3c7f65fd2fd016e36a258e'],
      ['data_batch_5.bin', '26e2849e66a845b7f1e4614ae70f4889ae604628'],
    ]),
    test: records(1, 10_000, [['test_batch.bin', '67eb016db431130d61cd03c7ad570b013799c88c']]),
    ...cifar(
      {
        labelBytes: 1,
        binaryFolder: 'cifar-10-batches-bin',
        binaryArchive: 'cifar-10-binary.tar.gz',
        pythonFolder: 'cifar-10-batches-py',
        pythonArchives: ['cifar-10-python.tar.gz', 'cifar-10-batches-py.tar.gz'],
        hub: { repository: 'uoft-cs/cifar10', folder: 'plain_text' },
      },
      {
        bytes: 170_052_171,
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      },
    ),
  },
  cifar100: {
    ...knownDatasets.cifar100,
    classNames: Array.from({ length: 100 }, (_, label) => `class ${label}`),
    train: records(2, 50_000, [['train.bin', 'e207cd2e05b73b1393c74c7f5e7bea451d63e08e']]),
    test: records(2, 10_000, [['test.bin', '8fb6623e830365ff53cf14adec797474f5478006']]),
    ...cifar(
      {
        labelBytes: 2,
        binaryFolder: 'cifar-100-binary',
        binaryArchive: 'cifar-100-binary.tar.gz',
        pythonFolder: 'cifar-100-python',
        pythonArchives: ['cifar-100-python.tar.gz'],
        hub: { repository: 'uoft-cs/cifar100', folder: 'cifar100' },
      },
      {
        bytes: 168_513_733,
        md5: '03b5dce01913d631647c71ecec9e9cb8',
        sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
      },
    ),
  },
} as const satisfies Record<string, PublishedDataset>;

export type PublishedName = keyof typeof publishedDatasets;

/** Data sets that are made from what comes with Spikeline. */
export const embeddedDatasets = {
  'fashion-mnist-sample': {
    classes: 10,
    source: 'embedded in Spikeline, taken from Fashion-MNIST (MIT, Zalando SE)',
  },
  'fashion-as-cifar10': {
    classes: 10,
    source: "not CIFAR-10: a stand-in for it, coloured Fashion-MNIST images in CIFAR-10's format",
  },
  'fashion-as-cifar100': {
    classes: 100,
    source: "not CIFAR-100: a stand-in for it, coloured Fashion-MNIST images in CIFAR-100's format",
  },
} as const satisfies Record<string, { classes: number; source: string }>;

export type EmbeddedName = keyof typeof embeddedDatasets;

export function isEmbedded(name: string): name is EmbeddedName {
  return Object.hasOwn(embeddedDatasets, name);
}
