/**
 * The data sets that `dataset` knows by name: what captions call them, the shape of their images, [height, width, channels],
 * and how many classes they have. Trainings and reports have this in their keys; what only a download needs is in `sources.ts`.
 */
export const knownDatasets = {
  'fashion-mnist-sample': { title: 'Fashion-MNIST (sample)', shape: [28, 28, 1], classes: 10 },
  'fashion-as-cifar10': { title: 'coloured Fashion-MNIST (not CIFAR-10)', shape: [32, 32, 3], classes: 10 },
  'fashion-as-cifar100': { title: 'coloured Fashion-MNIST (not CIFAR-100)', shape: [32, 32, 3], classes: 100 },
  'fashion-mnist': { title: 'Fashion-MNIST', shape: [28, 28, 1], classes: 10 },
  mnist: { title: 'MNIST', shape: [28, 28, 1], classes: 10 },
  kmnist: { title: 'Kuzushiji-MNIST', shape: [28, 28, 1], classes: 10 },
  'emnist-balanced': { title: 'EMNIST Balanced', shape: [28, 28, 1], classes: 47 },
  'emnist-letters': { title: 'EMNIST Letters', shape: [28, 28, 1], classes: 26 },
  'emnist-digits': { title: 'EMNIST Digits', shape: [28, 28, 1], classes: 10 },
  'emnist-mnist': { title: 'EMNIST MNIST', shape: [28, 28, 1], classes: 10 },
  'emnist-byclass': { title: 'EMNIST ByClass', shape: [28, 28, 1], classes: 62 },
  'emnist-bymerge': { title: 'EMNIST ByMerge', shape: [28, 28, 1], classes: 47 },
  svhn: { title: 'SVHN', shape: [32, 32, 3], classes: 10 },
  cifar10: { title: 'CIFAR-10', shape: [32, 32, 3], classes: 10 },
  cifar100: { title: 'CIFAR-100', shape: [32, 32, 3], classes: 100 },
} as const satisfies Readonly<Record<string, KnownDataset>>;

export interface KnownDataset {
  readonly title: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
}

export type KnownName = keyof typeof knownDatasets;

/** What is known of a data set by its name. */
export function knownDataset(name: unknown): KnownDataset | undefined {
  return typeof name === 'string' && Object.hasOwn(knownDatasets, name) ? knownDatasets[name as KnownName] : undefined;
}
