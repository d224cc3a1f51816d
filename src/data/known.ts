/**
 * The data sets that `dataset` knows by name: what captions call them, and the shape of their images, [height, width,
 * channels]. Trainings and reports have this in their keys; what only a download needs is in `sources.ts`.
 */
export const knownDatasets = {
  'fashion-mnist-sample': { title: 'Fashion-MNIST (sample)', shape: [28, 28, 1] },
  'fashion-as-cifar10': { title: 'coloured Fashion-MNIST (not CIFAR-10)', shape: [32, 32, 3] },
  'fashion-as-cifar100': { title: 'coloured Fashion-MNIST (not CIFAR-100)', shape: [32, 32, 3] },
  'fashion-mnist': { title: 'Fashion-MNIST', shape: [28, 28, 1] },
  mnist: { title: 'MNIST', shape: [28, 28, 1] },
  kmnist: { title: 'Kuzushiji-MNIST', shape: [28, 28, 1] },
  svhn: { title: 'SVHN', shape: [32, 32, 3] },
  cifar10: { title: 'CIFAR-10', shape: [32, 32, 3] },
  cifar100: { title: 'CIFAR-100', shape: [32, 32, 3] },
} as const satisfies Readonly<Record<string, KnownDataset>>;

export interface KnownDataset {
  readonly title: string;
  readonly shape: readonly [height: number, width: number, channels: number];
}

export type KnownName = keyof typeof knownDatasets;

/** What is known of a data set by its name. */
export function knownDataset(name: unknown): KnownDataset | undefined {
  return Object.entries(knownDatasets).find(([known]) => known === name)?.[1];
}
