import { elements } from '../formats/shape.js';
import { unreachable } from '../unreachable.js';
import type { Convolution, Network, NetworkLayer } from './architecture.js';

export type ParameterRole = 'weight' | 'gamma' | 'beta' | 'mean' | 'variance';

/** A tensor of a network, by its name in checkpoint files. */
export interface ParameterShape {
  /** {@link parameterName}. */
  readonly name: string;
  /** Convolutions [KH, KW, Ci, Co], batch norm [Co], dense [inputs, classes]. */
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  /** What it is a tensor of. */
  readonly layer: NetworkLayer;
  /** Changed by the optimiser. The running mean and variance of batch norm are not. */
  readonly trainable: boolean;
  /** Latent values W of a layer that computes with Q(W). */
  readonly ternary: boolean;
}

/** `conv1.weight`, `conv1.gamma`, …, `dense.weight`. */
export function parameterName(layer: { readonly name: string }, role: ParameterRole): string {
  return `${layer.name}.${role}`;
}

/** Shape of a convolution's weights, HWIO. */
export function weightShape(layer: Pick<Convolution, 'kernel' | 'input' | 'output'>): readonly number[] {
  return [...layer.kernel, layer.input[2], layer.output[2]];
}

/** The tensors of a layer in canonical order: weight, γ, β, running mean, running variance. */
export function layerParameters(layer: NetworkLayer): ParameterShape[] {
  const tensor = (role: ParameterRole, shape: readonly number[], trainable = true, ternary = false) => ({
    ...{ name: parameterName(layer, role), shape, role, layer, trainable, ternary },
  });
  switch (layer.kind) {
    case 'convolution': {
      const channels = [layer.output[2]];
      return [
        tensor('weight', weightShape(layer), true, layer.weights === 'ternary'),
        tensor('gamma', channels),
        tensor('beta', channels),
        tensor('mean', channels, false),
        tensor('variance', channels, false),
      ];
    }
    case 'classifier':
      return [tensor('weight', [elements(layer.input), elements(layer.output)])];
    default:
      return unreachable(layer);
  }
}

/** Every tensor of a network in canonical order: layer by layer. */
export function parameterShapes(network: Network): ParameterShape[] {
  return network.layers.flatMap(layerParameters);
}

/** Numbers in a checkpoint without optimiser state, batch norm's running statistics included. */
export function parameterCount(network: Network): number {
  return parameterShapes(network).reduce((sum, { shape }) => sum + elements(shape), 0);
}

/** Spiking neurons: all outputs of convolutions; pixels and classes are none. */
export function neuronCount(blocks: readonly Pick<Convolution, 'output'>[]): number {
  return blocks.reduce((sum, { output }) => sum + elements(output), 0);
}

/** Multiply-adds of one convolution for one image, padding counted as if it were data. */
export function convolutionMacs(layer: Pick<Convolution, 'kernel' | 'input' | 'output'>): number {
  return elements(layer.output) * elements(layer.kernel) * layer.input[2];
}

/**
 * Multiply-adds per image of the non-spiking network, with the exclusions of the paper's operation counts: without
 * the encoding layer and without the classifier.
 * @param layers the others
 */
export function denseMacs(layers: readonly Parameters<typeof convolutionMacs>[0][]): number {
  return layers.reduce((sum, layer) => sum + convolutionMacs(layer), 0);
}
