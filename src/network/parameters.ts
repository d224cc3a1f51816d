import { elements } from '../formats/shape.js';
import type { ConvLayer, LayerKind, Network } from './architecture.js';

export type ParameterRole = 'weight' | 'gamma' | 'beta' | 'mean' | 'variance';

/** A tensor of a network, by its name in checkpoint files. */
export interface ParameterShape {
  /** `conv1.weight`, `conv1.gamma`, …, `dense.weight`. */
  readonly name: string;
  /** Convolutions [KH, KW, Ci, Co], batch norm [Co], dense [inputs, classes]. */
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  /** Of which kind of layer. */
  readonly layer: LayerKind;
  /** Changed by the optimiser. The running mean and variance of batch norm are not. */
  readonly trainable: boolean;
}

/** Shape of a convolution's weights, HWIO. */
export function weightShape(layer: Pick<ConvLayer, 'kernel' | 'input' | 'output'>): readonly number[] {
  return [...layer.kernel, layer.input[2], layer.output[2]];
}

/** Inputs of the dense layer: all values of the last feature map, in NHWC order. */
export function denseInputs(network: Network): number {
  return elements(network.layers.at(-1)?.output ?? network.input);
}

/** Every tensor of a network in canonical order: layer by layer weight, γ, β, running mean, running variance. */
export function parameterShapes(network: Network): ParameterShape[] {
  const shapes: ParameterShape[] = [];
  for (const layer of network.layers) {
    const channels = [layer.output[2]];
    shapes.push(
      { name: `${layer.name}.weight`, shape: weightShape(layer), role: 'weight', layer: 'block', trainable: true },
      { name: `${layer.name}.gamma`, shape: channels, role: 'gamma', layer: 'block', trainable: true },
      { name: `${layer.name}.beta`, shape: channels, role: 'beta', layer: 'block', trainable: true },
      { name: `${layer.name}.mean`, shape: channels, role: 'mean', layer: 'block', trainable: false },
      { name: `${layer.name}.variance`, shape: channels, role: 'variance', layer: 'block', trainable: false },
    );
  }
  const dense = [denseInputs(network), network.classes];
  shapes.push({ name: 'dense.weight', shape: dense, role: 'weight', layer: 'classifier', trainable: true });
  return shapes;
}

/** Numbers in a checkpoint without optimiser state, batch norm's running statistics included. */
export function parameterCount(network: Network): number {
  return parameterShapes(network).reduce((sum, { shape }) => sum + elements(shape), 0);
}

/** Spiking neurons: all outputs of convolutions; pixels and classes are none. */
export function neuronCount(network: { readonly layers: readonly Pick<ConvLayer, 'output'>[] }): number {
  return network.layers.reduce((sum, { output }) => sum + elements(output), 0);
}

/** Multiply-adds of one convolution for one image, padding counted as if it were data. */
export function convolutionMacs(layer: Pick<ConvLayer, 'kernel' | 'input' | 'output'>): number {
  return elements(layer.output) * elements(layer.kernel) * layer.input[2];
}

/**
 * Multiply-adds per image of the non-spiking network, with the exclusions of the paper's operation counts: without
 * the encoding layer and without the dense one.
 */
export function denseMacs(network: { readonly layers: readonly Parameters<typeof convolutionMacs>[0][] }): number {
  return network.layers.slice(1).reduce((sum, layer) => sum + convolutionMacs(layer), 0);
}
