import type { Network } from '../network/architecture.js';
import { precisionLabel } from '../network/precision.js';

/** What is known of the images that a network was trained on. */
export interface ImagesAbout {
  /** Name of the data set. */
  readonly name: string;
  /** What pixels are divided by. */
  readonly scale: number;
  readonly classNames?: readonly string[];
}

/**
 * What whoever uses a network must know of it beside its weights, as texts by name: its precision, its classes, and how an
 * image of bytes becomes its input (JSON).
 *
 * @param images of the training; their scale and the names of the classes are left out where they are not known
 */
export function aboutNetwork(network: Network, images: ImagesAbout | undefined): Record<string, string> {
  const { precision, classes, input, preprocessing, normalise } = network;
  const [height, width, channels] = input;
  // In this order: divided, cut out in the middle, and brought to mean 0 and deviation 1, by channel or each image by itself.
  const steps = {
    ...(images === undefined ? {} : { divideBy: images.scale }),
    ...(preprocessing === 'crops' ? { crop: [height, width] } : {}),
    ...(normalise ?? (preprocessing === 'crops' ? { standardise: 'each image' } : {})),
  };
  return {
    precision: precisionLabel(precision),
    ...(precision.kind === 'fp32' ? {} : { k: String(precision.k), B: String(precision.B) }),
    classes: String(classes),
    input: JSON.stringify({ layout: 'NCHW', height, width, channels }),
    preprocessing: JSON.stringify(steps),
    ...(images === undefined ? {} : { dataset: images.name }),
    ...(images?.classNames === undefined ? {} : { classNames: JSON.stringify(images.classNames) }),
  };
}
