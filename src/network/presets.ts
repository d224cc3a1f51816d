import { StageError } from '../stage/definition.js';
import type { ConvLayer, Network, Precision, Shape } from './architecture.js';
import { checkPrecision } from './precision.js';

/** Networks of the paper that can be asked for by name. */
export const networkNames = ['lenet', 'vgg'] as const;
export type NetworkName = (typeof networkNames)[number];

/** A convolution as the paper's tables write it; shapes follow from the input. */
interface Block {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: 'same' | 'valid';
  readonly channels: number;
}

const same = (kernel: number, channels: number): Block => ({ kernel, stride: 1, padding: 'same', channels });
const valid = (kernel: number, channels: number): Block => ({ kernel, stride: 1, padding: 'valid', channels });
/** The paper's "P2": not a pooling but a learned 2×2 convolution of stride 2. */
const halve = (channels: number): Block => ({ kernel: 2, stride: 2, padding: 'valid', channels });

const presets: Readonly<Record<NetworkName, { readonly input: Shape; readonly blocks: readonly Block[] }>> = {
  // 16C5-P2-16C5-P2-256 in the authors' README.
  lenet: {
    input: [28, 28, 1],
    blocks: [same(5, 16), valid(5, 16), halve(16), valid(5, 32), halve(32), valid(4, 256)],
  },
  // 64C3*2-2P2-128C3*2-P2-256C3*2-P2-512C3-512 in the authors' README.
  vgg: {
    input: [24, 24, 3],
    blocks: [
      ...[same(3, 64), same(3, 64), same(3, 64), halve(64)],
      ...[same(3, 128), same(3, 128), halve(128)],
      ...[same(3, 256), same(3, 256), halve(256)],
      ...[same(3, 512), valid(3, 512)],
    ],
  },
};

/** [height, width] of a convolution's output; rows and columns that a stride does not reach are left out. */
export function convolutionOutput(layer: Pick<ConvLayer, 'kernel' | 'stride' | 'padding' | 'input'>): [number, number] {
  const size = (axis: 0 | 1): number =>
    Math.floor((layer.input[axis] + 2 * layer.padding[axis] - layer.kernel[axis]) / layer.stride) + 1;
  return [size(0), size(1)];
}

/**
 * A network of the paper, with shapes computed from the input. Every convolution but the first (pixel-to-spike
 * encoding) is ternary; at fp32 all are float.
 * @throws {StageError} E_NETWORK when the input is too small for the network, E_PRECISION for an impossible k or B.
 */
export function network(
  name: NetworkName,
  options: { readonly input?: Shape; readonly classes?: number; readonly precision: Precision },
): Network {
  const preset = presets[name];
  const { precision, classes = 10, input = preset.input } = options;
  checkPrecision(precision);
  let shape = input;
  const layers = preset.blocks.map((block, index): ConvLayer => {
    const pad = block.padding === 'same' ? (block.kernel - 1) / 2 : 0;
    const geometry = {
      kernel: [block.kernel, block.kernel],
      stride: block.stride,
      padding: [pad, pad],
      input: shape,
    } as const;
    const [height, width] = convolutionOutput(geometry);
    if (height < 1 || width < 1)
      throw new StageError(
        'E_NETWORK',
        `The network "${name}" can't take ${input.join('×')} images: nothing is left of them after layer ${index}.`,
        `The paper's input is ${preset.input.join('×')}.`,
      );
    shape = [height, width, block.channels];
    const weights = precision.kind === 'fp32' || index === 0 ? 'float' : 'ternary';
    return { name: `conv${index + 1}`, ...geometry, output: shape, weights };
  });
  return { name, input, classes, precision, layers };
}
