import type { ConvLayer, Preprocessing, Shape } from '../network/architecture.js';

/** A converted block: membrane m = weights ∗ spikes, spikes out = number of thresholds that m reaches. */
export interface SpikingLayer extends Pick<ConvLayer, 'name' | 'kernel' | 'stride' | 'padding' | 'input' | 'output'> {
  readonly kind: 'spiking';
  /** HWIO: −1, 0, +1; channels of negative γ are negated already. */
  readonly weights: Int8Array;
  /** [channel][level], non-decreasing in level: integer membranes that a spike count needs. Length C·L. */
  readonly thresholds: Int32Array;
}

/** Layer 1, pixel-to-spike encoding: real-valued membranes of the input times n, in double precision. */
export interface EncodingLayer extends Pick<ConvLayer, 'name' | 'kernel' | 'stride' | 'padding' | 'input' | 'output'> {
  readonly kind: 'encoding';
  /** HWIO, float; channels of negative γ are negated already. */
  readonly weights: Float32Array;
  /** [channel][level], non-decreasing in level; ±Infinity for constant channels. Length C·L. */
  readonly thresholds: Float64Array;
}

/** The layers that send spikes. */
export type SpikeSource = EncodingLayer | SpikingLayer;

export interface SpikingNetwork {
  readonly name: string;
  readonly input: Shape;
  /** As the network that it was made from; `scaled` if left out. */
  readonly preprocessing?: Preprocessing;
  readonly classes: number;
  readonly k: number;
  readonly B: number;
  /** L = 2^k·B: spikes per neuron at most, in one time step. */
  readonly levels: number;
  readonly encoding: EncodingLayer;
  readonly layers: readonly SpikingLayer[];
  /** [inputs][classes]: logits are the dense weights summed over spikes, n times the ANN's. */
  readonly dense: Float32Array;
}
