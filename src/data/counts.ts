import type { KnownName } from './known.js';

/** Images of the training and the test split of each data set that is known by name. */
export const imageCounts: Readonly<Record<KnownName, readonly [train: number, test: number]>> = {
  'fashion-mnist-sample': [6000, 1000],
  'fashion-as-cifar10': [6000, 1000],
  'fashion-as-cifar100': [6000, 1000],
  'fashion-mnist': [60_000, 10_000],
  mnist: [60_000, 10_000],
  kmnist: [60_000, 10_000],
  'emnist-balanced': [112_800, 18_800],
  'emnist-letters': [124_800, 20_800],
  'emnist-digits': [240_000, 40_000],
  'emnist-mnist': [60_000, 10_000],
  'emnist-byclass': [697_932, 116_323],
  'emnist-bymerge': [697_932, 116_323],
  svhn: [73_257, 26_032],
  cifar10: [50_000, 10_000],
  cifar100: [50_000, 10_000],
};
