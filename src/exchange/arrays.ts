import type { NpyData } from '../formats/npy.js';
import type { Tensor, TensorData } from '../formats/safetensors.js';
import { areFinite, elements } from '../formats/shape.js';
import type { Network, NetworkLayer } from '../network/architecture.js';
import { blocksOf } from '../network/layers.js';
import { type ParameterShape, parameterShapes } from '../network/parameters.js';
import { ternarise } from '../network/ternary.js';
import { unreachable } from '../unreachable.js';
import type { Fail } from './failure.js';

/** An array of a foreign file, its axes in the order that our tensors have. */
export interface FoundArray extends Pick<Tensor, 'shape'> {
  readonly data: NpyData | TensorData;
  /** How messages call it, such as `its array "conv1_w"`. */
  readonly what: string;
}

/**
 * The parameters of a network from what a file holds: each of the right shape and finite, variances not negative.
 * Values of other types than float32 are converted.
 * @param find the array of a tensor in the file
 */
export function readParameters(
  network: Network,
  find: (parameter: ParameterShape) => FoundArray,
  fail: Fail,
): Map<string, Float32Array> {
  return new Map(
    parameterShapes(network).map((parameter) => {
      const { shape, data, what } = find(parameter);
      checkShape(what, shape, parameter.shape, fail);
      const values = Float32Array.from(data as Iterable<number | bigint>, Number);
      if (!areFinite(values)) fail('E_IMPORT_VALUE', `${what} holds values that are not finite float32 numbers`);
      if (parameter.role === 'variance' && values.some((value) => value < 0))
        fail('E_IMPORT_VALUE', `${what} holds a negative variance`);
      return [parameter.name, values] as const;
    }),
  );
}

export function checkShape(what: string, shape: readonly number[], expected: readonly number[], fail: Fail): void {
  if (shape.join() !== expected.join())
    fail('E_IMPORT_SHAPE', `${what} has the shape [${shape.join(', ')}] instead of [${expected.join(', ')}]`);
}

/**
 * How exact the numbers of a model are: `exact` decides in every neuron as ours does, in double precision where that is
 * needed. `float32` is for programs that have single precision alone; of spiking networks it is what frameworks load:
 * batch norm is folded into weights and biases, so that all neurons of a level have one threshold.
 */
export type Exactness = 'exact' | 'float32';

/** What is written of a layer's weights: `ternary` is what it computes with, `latent` what training goes on from. */
export type WeightKind = 'ternary' | 'latent';

export interface ExportedTensor extends ParameterShape {
  readonly data: Float32Array;
}

/** Every tensor of a network as it is exported, in canonical order. */
export function exportedTensors(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  weights: WeightKind,
): readonly ExportedTensor[] {
  return parameterShapes(network).map((parameter) => {
    const values = parameters.get(parameter.name);
    if (values?.length !== elements(parameter.shape))
      throw new TypeError(`the network's parameters lack ${parameter.name}`);
    const quantised = weights === 'ternary' && parameter.ternary;
    const data = quantised ? Float32Array.from(ternarise(values, parameter.shape.at(-1)!)) : values;
    return { ...parameter, data };
  });
}

/** How foreign files call a layer's weights, and its batch norm if it has one: `conv1` and `bn1`, …, `fc`. */
export function foreignNames(
  network: Network,
  layer: NetworkLayer,
): { readonly weights: string; readonly norm?: string } {
  switch (layer.kind) {
    case 'convolution': {
      const number = blocksOf(network).findIndex(({ name }) => name === layer.name) + 1;
      return { weights: `conv${number}`, norm: `bn${number}` };
    }
    case 'classifier':
      return { weights: 'fc' };
    default:
      return unreachable(layer);
  }
}

/** An array's name, from that of its file in an .npz. */
export const arrayName = (file: string): string => file.replace(/\.npy$/, '');

/** Names for a message: all of them if they are few. */
export function firstNames(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `"${name}"`);
  if (names.length > 12) shown.push(`and ${names.length - 12} more`);
  return shown.length === 0 ? 'nothing' : shown.join(', ');
}
