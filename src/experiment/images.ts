import { type Augmentation, fillTest, fillTraining, paperAugmentation, type Recipe } from '../data/augment.js';
import type { Dataset, Split } from '../data/dataset.js';
import { UserError } from '../error.js';
import type { Network } from '../network/architecture.js';
import { otherImages, refusalError } from '../network/refusals.js';

/** Images of the training split, augmented by (seed, epoch, index) where the network's recipe says so. */
export interface TrainingOrder {
  readonly split: 'train';
  readonly indices: Uint32Array;
  readonly seed: number;
  readonly epoch: number;
}

/** Images first … first + count as they are tested: of the test split, or of the training split's for validation. */
export interface TestOrder {
  readonly split: 'test' | 'validation';
  readonly first: number;
  readonly count: number;
}

/** Which images a batch holds. */
export type BatchOrder = TrainingOrder | TestOrder;

export interface Batch {
  /** [batch][H][W][C] as the network takes them. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** The first `images` images of the test split. */
export const testImages = (images: number): TestOrder => ({ split: 'test', first: 0, count: images });

/** Images in batches, the last one of what is left. */
export function* batchesOf({ split, first: from, count: images }: TestOrder, batch: number): Generator<TestOrder> {
  for (let first = from; first < from + images; first += batch)
    yield { split, first, count: Math.min(batch, from + images - first) };
}

/** The first `images` images of the test split in batches. */
export const testOrders = (images: number, batch: number): Generator<TestOrder> => batchesOf(testImages(images), batch);

/** What a source has to know of a network. */
export type NetworkInput = Pick<Network, 'input' | 'preprocessing' | 'normalise' | 'classes'>;

/** Fills batches of network inputs from a data set. */
export class ImageSource {
  readonly #recipe: Recipe;
  readonly #augmentation: Augmentation | undefined;
  readonly #size: number;

  /**
   * @param augmentation of training images: by default the paper's for crops, and else none
   * @throws {UserError} E_DATA_SHAPE when the network can't take the images, E_DATA_CLASSES for too many classes
   */
  constructor(
    readonly network: NetworkInput,
    readonly dataset: Dataset,
    readonly augmentation?: Augmentation,
  ) {
    const crops = network.preprocessing === 'crops';
    const [height, width, channels] = network.input;
    this.#size = height * width * channels;
    const { normalise } = network;
    this.#recipe = {
      ...{ shape: dataset.shape, size: [height, width] },
      values:
        crops && normalise === undefined
          ? 'standardised'
          : { scale: dataset.scale, ...(normalise === undefined ? {} : { normalise }) },
    };
    this.#augmentation = augmentation ?? (crops ? paperAugmentation : undefined);
    const refused = otherImages(network, dataset.shape, dataset.name);
    if (refused !== undefined) throw refusalError(refused);
    if (dataset.classes > network.classes)
      throw new UserError(
        'E_DATA_CLASSES',
        `"${dataset.name}" has ${dataset.classes} classes, but the network ${network.classes} outputs.`,
      );
  }

  /** Values of one image as the network takes it. */
  get size(): number {
    return this.#size;
  }

  /** Fills a batch as ordered. */
  fill(order: BatchOrder, { images, labels }: Batch): void {
    const recipe = this.#recipe;
    const split = this.dataset[order.split === 'test' ? 'test' : 'train'];
    const count = order.split === 'train' ? order.indices.length : order.count;
    for (let i = 0; i < count; i++) {
      const index = order.split === 'train' ? order.indices[i]! : order.first + i;
      const image = this.#image(split, index);
      const at = i * this.#size;
      labels[i] = split.labels[index]!;
      const how = this.#augmentation;
      if (order.split !== 'train' || how === undefined) fillTest(image, recipe, images, at);
      else fillTraining(image, recipe, how, { index, epoch: order.epoch, seed: order.seed }, images, at);
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
