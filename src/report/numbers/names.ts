const displayNames: Readonly<Record<string, string>> = {
  lenet: 'LeNet',
  vgg: 'VGG',
  mnist: 'MNIST',
  'fashion-mnist': 'Fashion-MNIST',
  'fashion-mnist-sample': 'Fashion-MNIST (sample)',
  'fashion-as-cifar10': 'coloured Fashion-MNIST (not CIFAR-10)',
  'fashion-as-cifar100': 'coloured Fashion-MNIST (not CIFAR-100)',
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
};

/** As captions have it: `cifar10` → `CIFAR-10`. */
export function displayName(name: string): string {
  return Object.hasOwn(displayNames, name) ? displayNames[name]! : name;
}
