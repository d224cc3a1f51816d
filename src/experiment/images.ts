import { fillCentreCrop, fillScaled, fillTrainingCrop } from '../data/augment.js';
import type { Dataset, Split } from '../data/dataset.js';
import type { Network } from '../network/architecture.js';
import { StageError } from '../stage/definition.js';

/** Fills batches of network inputs, [batch][H][W][C], from a data set. */
export class ImageSource {
  readonly #crops: boolean;
  readonly #size: number;

  /** @throws {StageError} E_DATA_SHAPE when the network can't take the images, E_DATA_CLASSES for too many classes */
  constructor(
    readonly network: Pick<Network, 'input' | 'preprocessing' | 'classes'>,
    readonly dataset: Dataset,
  ) {
    this.#crops = network.preprocessing === 'crops';
    const [height, width, channels] = network.input;
    this.#size = height * width * channels;
    const given = dataset.shape.join('×');
    const fits = this.#crops
      ? dataset.shape[0] >= height && dataset.shape[1] >= width && dataset.shape[2] === channels
      : given === network.input.join('×');
    if (!fits)
      throw new StageError(
        'E_DATA_SHAPE',
        `The network takes ${this.#crops ? 'crops' : 'images'} of ${network.input.join('×')}, and the images of "${dataset.name}" are ${given}.`,
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
      if (this.#crops)
        fillTrainingCrop(
          {
            image: this.#image(split, index),
            shape: this.dataset.shape,
            crop: this.network.input[0],
            index,
            epoch,
            seed,
          },
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
      if (this.#crops)
        fillCentreCrop(this.#image(split, first + i), this.dataset.shape, this.network.input[0], target, at);
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
