import { knownDatasets } from './known.js';
import type { IdxArchiveFormat, Part, PublishedDataset } from './published.js';

/**
 * NIST's one archive of all of them. Its MD5 is the one that torchvision checks; of the files in it none is published.
 * They have rows and columns exchanged.
 */
const archive = { name: 'gzip.zip', md5: '58c8d27c78d21e728a6bc7b3cc06412e' } as const;

const mirrors = ['https://biometrics.nist.gov/cs_links/EMNIST/'];

const digits = '0123456789';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const lower = upper.toLowerCase();
/** Lower-case letters that don't look like their upper-case ones: those have classes of their own. */
const distinct = 'abdefghnqrt';

/** Four files of a split, such as `emnist-letters-train-images-idx3-ubyte`: their sizes are those of the images and labels. */
function emnist(
  name: EmnistName,
  classNames: string,
  [train, test]: readonly [train: number, test: number],
  firstLabel: IdxArchiveFormat['firstLabel'] = 0,
): PublishedDataset {
  const half = (which: 'train' | 'test', count: number): Part[] => [
    { name: `${name}-${which}-images-idx3-ubyte`, bytes: 16 + count * 784 },
    { name: `${name}-${which}-labels-idx1-ubyte`, bytes: 8 + count },
  ];
  return {
    ...knownDatasets[name],
    classNames: classNames.split(''),
    format: {
      ...{ kind: 'idx-archive', home: 'emnist', archive, aliases: ['emnist.zip', 'emnist-gzip.zip'] },
      ...{ transposed: true, firstLabel },
    },
    ...{ train: half('train', train), test: half('test', test) },
    downloads: [{ layout: 'idx-archive', files: [archive], mirrors }],
  };
}

type EmnistName = Extract<keyof typeof knownDatasets, `emnist-${string}`>;

/**
 * The splits of EMNIST: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to handwritten
 * letters" (2017), table II.
 */
export const emnistDatasets: Readonly<Record<EmnistName, PublishedDataset>> = {
  'emnist-balanced': emnist('emnist-balanced', digits + upper + distinct, [112_800, 18_800]),
  'emnist-letters': emnist('emnist-letters', upper, [124_800, 20_800], 1),
  'emnist-digits': emnist('emnist-digits', digits, [240_000, 40_000]),
  'emnist-mnist': emnist('emnist-mnist', digits, [60_000, 10_000]),
  'emnist-byclass': emnist('emnist-byclass', digits + upper + lower, [697_932, 116_323]),
  'emnist-bymerge': emnist('emnist-bymerge', digits + upper + distinct, [697_932, 116_323]),
};
