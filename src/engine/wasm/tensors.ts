import { elements } from '../../formats/shape.js';
import type { Network, NetworkLayer } from '../../network/architecture.js';
import { type ParameterShape, parameterShapes } from '../../network/parameters.js';
import { unreachable } from '../../unreachable.js';
import { padChannels, padWeights, unpadWeights } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Address, nowhere } from './units.js';

/** A parameter tensor in the engine's memory: channels padded with zeros. */
export interface Tensor {
  readonly name: string;
  readonly trainable: boolean;
  /** Latent values of a layer that computes with Q(W). */
  readonly ternary: boolean;
  /** Number of values with padding, a multiple of 16. */
  readonly count: number;
  /** Number of values without. */
  readonly realCount: number;
  /** Address of the values. */
  readonly w: Address;
  /** Addresses of gradient and the optimiser's moments; 0 for what is not trained, and for moments that it has none of. */
  readonly g: Address;
  readonly m: Address;
  readonly v: Address;
  pad(raw: Float32Array): Float32Array;
  unpad(padded: Float32Array): Float32Array;
}

/** @param training how many moments the optimiser keeps; left out where nothing is trained */
export function planTensors(
  plan: MemoryPlan,
  network: Network,
  training?: { readonly moments: 1 | 2 },
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const parameter of parameterShapes(network)) {
    const layout = tensorLayout(parameter);
    const { name, trainable, ternary } = parameter;
    const trained = (wanted = true) => (training && trainable && wanted ? plan.floats(layout.count) : nowhere);
    tensors.set(name, {
      name,
      trainable,
      ternary,
      ...layout,
      w: plan.floats(layout.count),
      g: trained(),
      m: trained(),
      v: trained(training?.moments === 2),
    });
  }
  return tensors;
}

function tensorLayout({ shape, role, layer }: ParameterShape) {
  const realCount = shape.reduce((product, size) => product * size, 1);
  if (role !== 'weight') {
    const count = padChannels(realCount);
    const pad = (raw: Float32Array) => {
      const padded = new Float32Array(count);
      padded.set(raw);
      return padded;
    };
    return { count, realCount, pad, unpad: (padded: Float32Array) => padded.slice(0, realCount) };
  }
  const [taps, inRaw, outRaw] = weightDimensions(layer);
  const inPadded = layer.reads === 'pixels' ? inRaw : padChannels(inRaw);
  const outPadded = padChannels(outRaw);
  return {
    count: taps * inPadded * outPadded,
    realCount,
    pad: (raw: Float32Array) => padWeights(raw, taps, inRaw, outRaw, inPadded, outPadded),
    unpad: (padded: Float32Array) => unpadWeights(padded, taps, inRaw, outRaw, inPadded, outPadded),
  };
}

/** Weights as [taps][input channels][output channels]; the classifier's taps are the pixels of the last map. */
function weightDimensions(layer: NetworkLayer): [number, number, number] {
  const { input, output } = layer;
  switch (layer.kind) {
    case 'convolution':
      return [elements(layer.kernel), input[2], output[2]];
    case 'classifier':
      return [input[0] * input[1], input[2], output[2]];
    default:
      return unreachable(layer);
  }
}
