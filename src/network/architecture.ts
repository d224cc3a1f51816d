/** Height, width, channels of one image's feature map (NHWC without N). */
export type Shape = readonly [height: number, width: number, channels: number];

/** Float baseline, or k and B of the paper: n = 2^k, levels L = n·B. */
export type Precision =
  | { readonly kind: 'fp32' }
  | { readonly kind: 'quantised'; readonly k: number; readonly B: number };

/** A block: convolution → batch norm → ReLU → clip at B → quantise (the last two not at fp32). No biases. */
export interface ConvLayer {
  readonly name: string;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: number;
  /** Zero rows and columns added on every side (same: (kernel − 1)/2, valid: 0). */
  readonly padding: readonly [vertical: number, horizontal: number];
  readonly input: Shape;
  readonly output: Shape;
  /** `ternary` layers hold float latent weights and compute with Q(W); at fp32 all layers are float. */
  readonly weights: 'float' | 'ternary';
}

/**
 * How pixels become a network's input: `scaled` is the whole image, pixel/scale; `crops` are standardised crops, in
 * training random ones with the augmentation of the paper's VGG.
 */
export type Preprocessing = 'scaled' | 'crops';

/** What parameters belong to: a block of the network, or the dense layer at its end. */
export type LayerKind = 'block' | 'classifier';

/** Blocks, then one dense layer of float weights to the classes, without batch norm. */
export interface Network {
  /** A preset's name, or the notation. */
  readonly name: string;
  readonly input: Shape;
  /** `scaled` if left out. */
  readonly preprocessing?: Preprocessing;
  readonly classes: number;
  readonly precision: Precision;
  readonly layers: readonly ConvLayer[];
}
