import type { Normalisation } from '../data/augment.js';
import type { Convolution, Preprocessing, Shape } from '../network/architecture.js';
import { unreachable } from '../unreachable.js';

/** A converted block: membrane m = weights ∗ spikes, spikes out = number of thresholds that m reaches. */
export interface SpikingLayer extends Convolution {
  readonly kind: 'spiking';
  /** HWIO: −1, 0, +1; channels of negative γ are negated already. */
  readonly weights: Int8Array;
  /** [channel][level], non-decreasing in level: integer membranes that a spike count needs. Length C·L. */
  readonly thresholds: Int32Array;
}

/** Layer 1, pixel-to-spike encoding: real-valued membranes of the input times n, in double precision. */
export interface EncodingLayer extends Convolution {
  readonly kind: 'encoding';
  /** HWIO, float; channels of negative γ are negated already. */
  readonly weights: Float32Array;
  /** [channel][level], non-decreasing in level; ±Infinity for constant channels. Length C·L. */
  readonly thresholds: Float64Array;
}

/** The classifier: nothing fires in it. */
export interface ReadoutLayer {
  readonly kind: 'readout';
  readonly name: string;
  readonly input: Shape;
  /** [1, 1, classes] */
  readonly output: Shape;
  /** [inputs][classes]: logits are these summed over spikes, n times the ANN's. */
  readonly weights: Float32Array;
}

/** The layers that send spikes. */
export type SpikeSource = EncodingLayer | SpikingLayer;
export type SpikingNetworkLayer = SpikeSource | ReadoutLayer;

export interface SpikingNetwork {
  readonly name: string;
  readonly input: Shape;
  /** As the network that it was made from; `scaled` if left out. */
  readonly preprocessing?: Preprocessing;
  readonly normalise?: Normalisation;
  readonly classes: number;
  readonly k: number;
  readonly B: number;
  /** L = 2^k·B: spikes per neuron at most, in one time step. */
  readonly levels: number;
  /** The encoding layer, spiking ones, and the readout. */
  readonly layers: readonly SpikingNetworkLayer[];
}

/** The layers that send spikes, in order. */
export function spikeSources({ layers }: Pick<SpikingNetwork, 'layers'>): readonly SpikeSource[] {
  return layers.filter(isSource);
}

/** The layer at the end. */
export function readoutOf({ layers }: Pick<SpikingNetwork, 'layers'>): ReadoutLayer {
  const last = layers.at(-1);
  if (last?.kind !== 'readout') throw new TypeError('a spiking network ends in its readout');
  return last;
}

function isSource(layer: SpikingNetworkLayer): layer is SpikeSource {
  switch (layer.kind) {
    case 'encoding':
    case 'spiking':
      return true;
    case 'readout':
      return false;
    default:
      return unreachable(layer);
  }
}
