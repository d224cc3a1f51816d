import { fillCentreCrop, fillScaled, fillTrainingCrop } from '../data/augment.js';
import type { Dataset, Split } from '../data/dataset.js';
import type { Network } from '../network/architecture.js';
import { StageError } from '../stage/definition.js';

/** How pixels become a network's input: `scaled` = pixel/scale; `crops` = VGG's augmentation and standardisation. */
export type Preprocessing = 'scaled' | 'crops';

export function preprocessingOf(network: Pick<Network, 'name'>): Preprocessing {
  return network.name === 'vgg' ? 'crops' : 'scaled';
}

/** The input shape a network preset gets for a data set: VGG sees crops of 24×24, others the whole image. */
export function inputShape(networkName: string, dataset: Pick<Dataset, 'shape'>): readonly [number, number, number] {
  const [height, width, channels] = dataset.shape;
  return preprocessingOf({ name: networkName }) === 'crops' ? [24, 24, channels] : [height, width, channels];
}

/** Fills batches of network inputs, [batch][H][W][C], from a data set. */
export class ImageSource {
  readonly #preprocessing: Preprocessing;
  readonly #size: number;

  /** @throws {StageError} E_DATA_SHAPE when the network can't take the images, E_DATA_CLASSES for too many classes */
  constructor(
    readonly network: Pick<Network, 'name' | 'input' | 'classes'>,
    readonly dataset: Dataset,
  ) {
    this.#preprocessing = preprocessingOf(network);
    const [height, width, channels] = network.input;
    this.#size = height * width * channels;
    const given = dataset.shape.join('×');
    const fits =
      this.#preprocessing === 'crops'
        ? dataset.shape[0] >= height && dataset.shape[1] >= width && dataset.shape[2] === channels
        : given === network.input.join('×');
    if (!fits)
      throw new StageError(
        'E_DATA_SHAPE',
        `The network takes images of ${network.input.join('×')}, and those of "${dataset.name}" are ${given}.`,
        'Use the data set that the checkpoint was trained on, or train a network on this one.',
      );
    if (dataset.classes > network.classes)
      throw new StageError(
        'E_DATA_CLASSES',
        `"${dataset.name}" has ${dataset.classes} classes, and the network ${network.classes} outputs.`,
      );
  }

  /** Values of one image as the network takes it. */
  get size(): number {
    return this.#size;
  }

  /** Images `indices` of the training split, augmented by (seed, epoch, index) where the network's recipe says so. */
  fillTraining(indices: Uint32Array, target: Float32Array, labels: Int32Array, seed: number, epoch: number): void {
    const split = this.dataset.train;
    for (const [i, index] of indices.entries()) {
      labels[i] = split.labels[index]!;
      const at = i * this.#size;
      if (this.#preprocessing === 'crops')
        fillTrainingCrop(
          { image: this.#image(split, index), shape: this.dataset.shape, crop: 24, index, epoch, seed },
          target,
          at,
        );
      else fillScaled(this.#image(split, index), this.dataset.scale, target, at);
    }
  }

  /** Images first … first + count of the test split. */
  fillTest(first: number, count: number, target: Float32Array): void {
    const split = this.dataset.test;
    for (let i = 0; i < count; i++) {
      const at = i * this.#size;
      if (this.#preprocessing === 'crops')
        fillCentreCrop(this.#image(split, first + i), this.dataset.shape, 24, target, at);
      else fillScaled(this.#image(split, first + i), this.dataset.scale, target, at);
    }
  }

  #image(split: Split, index: number): Uint8Array {
    const [height, width, channels] = this.dataset.shape;
    const bytes = height * width * channels;
    return split.images.subarray(index * bytes, (index + 1) * bytes);
  }
}

/** Index of the largest logit; the first of equals. */
export function argmax(logits: Float64Array, from: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[from + c]! > logits[from + best]!) best = c;
  return best;
}
