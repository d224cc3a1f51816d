import type { Normalisation } from '../data/augment.js';

/** Height, width, channels of one image's feature map (NHWC without N). */
export type Shape = readonly [height: number, width: number, channels: number];

/** Float baseline, or k and B of the paper: n = 2^k, levels L = n·B. */
export type Precision =
  | { readonly kind: 'fp32' }
  | { readonly kind: 'quantised'; readonly k: number; readonly B: number };

/** Where a convolution reads and what it leaves. */
export interface Convolution {
  /** Its tensors are named after it. */
  readonly name: string;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: number;
  /** Zero rows and columns added on every side (same: (kernel − 1)/2, valid: 0). */
  readonly padding: readonly [vertical: number, horizontal: number];
  readonly input: Shape;
  readonly output: Shape;
}

/** Convolution → batch norm → ReLU → clip at B → quantise (the last two not at fp32). No biases. */
export interface ConvolutionLayer extends Convolution {
  readonly kind: 'convolution';
  /** `ternary` layers hold float latent weights and compute with Q(W); at fp32 all layers are float. */
  readonly weights: 'float' | 'ternary';
  /** The image, as the encoding layer does whose weights are float for that, or what the layer before activates. */
  readonly reads: 'pixels' | 'activations';
}

/** Float weights from all values of the last map to the classes: no batch norm, and nothing fires behind it. */
export interface ClassifierLayer {
  readonly kind: 'classifier';
  readonly name: string;
  readonly reads: 'activations';
  readonly input: Shape;
  /** [1, 1, classes] */
  readonly output: Shape;
}

/** A layer. Who does something for every kind has a switch that ends in `unreachable`: tsc lists what a new one needs. */
export type NetworkLayer = ConvolutionLayer | ClassifierLayer;
export type LayerKind = NetworkLayer['kind'];

/**
 * How pixels become a network's input: `scaled` is the whole image, pixel/scale; `crops` are standardised crops, in
 * training random ones, if nothing else is said with the augmentation of the paper's VGG.
 */
export type Preprocessing = 'scaled' | 'crops';

export interface Network {
  /** A preset's name, or the notation. */
  readonly name: string;
  readonly input: Shape;
  /** `scaled` if left out. */
  readonly preprocessing?: Preprocessing;
  /** Instead of pixel/scale, and of standardising each crop by itself. */
  readonly normalise?: Normalisation;
  readonly classes: number;
  readonly precision: Precision;
  /** In order; the classifier is the last one. */
  readonly layers: readonly NetworkLayer[];
}
