import { knownDataset } from '../../data/known.js';

const networks: Readonly<Record<string, string>> = { lenet: 'LeNet', vgg: 'VGG' };

/** The name of a data set or network as captions have it: `cifar10` → `CIFAR-10`. */
export function displayName(name: string): string {
  return knownDataset(name)?.title ?? (Object.hasOwn(networks, name) ? networks[name]! : name);
}
