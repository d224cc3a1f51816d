/** Shapes of images, [height, width, channels], by the names of data sets. */
export const imageShapes = {
  'fashion-mnist': [28, 28, 1],
  mnist: [28, 28, 1],
  cifar10: [32, 32, 3],
  cifar100: [32, 32, 3],
  'fashion-mnist-sample': [28, 28, 1],
  'fashion-as-cifar10': [32, 32, 3],
  'fashion-as-cifar100': [32, 32, 3],
} as const satisfies Readonly<Record<string, readonly [number, number, number]>>;

/** The shape of a data set's images, where its name says it. */
export function knownShape(name: unknown): readonly [number, number, number] | undefined {
  return Object.entries(imageShapes).find(([known]) => known === name)?.[1];
}
