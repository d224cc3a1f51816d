import { unreachable } from '../unreachable.js';
import type { ClassifierLayer, Convolution, ConvolutionLayer, NetworkLayer, Shape } from './architecture.js';

/** The classifier's name in all our files. */
export const classifierName = 'dense';

/** The dense layer from a map to the classes. */
export function classifierLayer(input: Shape, classes: number): ClassifierLayer {
  return { kind: 'classifier', name: classifierName, reads: 'activations', input, output: [1, 1, classes] };
}

/** A layer of neurons as it is described: whether it reads the image follows from its place. */
export type BlockDescription = Omit<ConvolutionLayer, 'kind' | 'reads'>;

/** Layers that follow on each other, completed: the first one reads the image, and the classifier comes last. */
export function chainLayers(blocks: readonly BlockDescription[], input: Shape, classes: number): NetworkLayer[] {
  const layers = blocks.map(
    (block, index): ConvolutionLayer => ({
      kind: 'convolution',
      ...block,
      reads: index === 0 ? 'pixels' : 'activations',
    }),
  );
  return [...layers, classifierLayer(layers.at(-1)?.output ?? input, classes)];
}

/** Layers that end in neurons: their activations have levels, and become spikes. */
export type Block = ConvolutionLayer;

/** The layers of neurons, in order. */
export function blocksOf({ layers }: { readonly layers: readonly NetworkLayer[] }): readonly Block[] {
  return layers.filter(isBlock);
}

function isBlock(layer: NetworkLayer): layer is Block {
  switch (layer.kind) {
    case 'convolution':
      return true;
    case 'classifier':
      return false;
    default:
      return unreachable(layer);
  }
}

/** [height, width] of a convolution's output; rows and columns that a stride does not reach are left out. */
export function convolutionOutput(
  layer: Pick<Convolution, 'kernel' | 'stride' | 'padding' | 'input'>,
): [height: number, width: number] {
  const size = (axis: 0 | 1): number =>
    Math.floor((layer.input[axis] + 2 * layer.padding[axis] - layer.kernel[axis]) / layer.stride) + 1;
  return [size(0), size(1)];
}
