import type { ConvolutionLayer, Network, NetworkLayer } from '../network/architecture.js';
import { describeGeometry, describePreprocessing } from '../network/describe.js';
import { type ParameterRole, parameterName } from '../network/parameters.js';
import { levels as levelsOf, spikesPerUnit } from '../network/precision.js';
import type { ChannelNorm } from '../network/quantise.js';
import { floatWeights, refusalError, unquantised } from '../network/refusals.js';
import { ternarise } from '../network/ternary.js';
import { unreachable } from '../unreachable.js';
import type { SpikingNetwork, SpikingNetworkLayer } from './network.js';
import {
  type ChannelThresholds,
  doubleThresholds,
  int32Maximum,
  int32Minimum,
  integerThresholds,
} from './thresholds.js';

/** What conversion did to a layer. */
export interface LayerConversion {
  readonly name: string;
  readonly channels: number;
  /** Channels of γ < 0: their weights, mean and γ were negated. */
  readonly negatedChannels: number;
  /** Channels of γ = 0: the same number of spikes whatever comes in. */
  readonly constantChannels: number;
  /** Thresholds moved from where the formula puts them to where the ANN decides. */
  readonly correctedThresholds: number;
  /** Share of weights that are not zero. */
  readonly density: number;
  /** Smallest and largest threshold that a membrane can be compared with in earnest; null if there is none. */
  readonly thresholds: readonly [minimum: number, maximum: number] | null;
  /** Bounds on the membrane from the non-zero weights. Only for integer layers: images have no fixed range. */
  readonly membrane: readonly [minimum: number, maximum: number] | null;
}

type Tensors = ReadonlyMap<string, Float32Array>;

export interface Conversion {
  readonly network: SpikingNetwork;
  readonly layers: readonly LayerConversion[];
}

/**
 * Turns a quantised network into a spiking one that makes the same decision in every neuron.
 *
 * A block's membrane is m = n·z, and a neuron emits as many spikes as thresholds are reached. The thresholds follow
 * the paper's formula, corrected where its rounding differs from the ANN's, so that the spikes are
 * clip(⌊n·BN(z) + ½⌋, 0, L) not only nearly always.
 * @param parameters tensors of `parameterShapes(network)`; ternary layers hold latent weights
 * @throws {UserError} E_CONVERT_FP32 for a network that is not quantised, E_CONVERT_FLOAT for a float hidden layer
 */
export function convert(network: Network, parameters: Tensors): Conversion {
  const { precision } = network;
  if (precision.kind === 'fp32') throw refusalError(unquantised);
  const scale: Scale = { n: spikesPerUnit(precision.k), levels: levelsOf(precision) };
  const converted = network.layers.map((layer) => convertLayer(layer, parameters, scale));
  return {
    network: {
      name: network.name,
      input: network.input,
      ...describePreprocessing(network),
      classes: network.classes,
      k: precision.k,
      B: precision.B,
      levels: scale.levels,
      layers: converted.map(({ layer }) => layer),
    },
    layers: converted.flatMap(({ report }) => report ?? []),
  };
}

/** n = 2^k spikes for an activation of 1, L = n·B at most. */
interface Scale {
  readonly n: number;
  readonly levels: number;
}

/** A layer, and what was done to its neurons if it has some. */
interface Converted {
  readonly layer: SpikingNetworkLayer;
  readonly report?: LayerConversion;
}

function convertLayer(layer: NetworkLayer, parameters: Tensors, scale: Scale): Converted {
  switch (layer.kind) {
    case 'convolution':
      return layer.reads === 'pixels'
        ? convertEncoding(layer, parameters, scale)
        : convertSpiking(layer, parameters, scale);
    case 'classifier': {
      const { name, input, output } = layer;
      return { layer: { kind: 'readout', name, input, output, weights: tensor(parameters, layer, 'weight').slice() } };
    }
    default:
      return unreachable(layer);
  }
}

function convertEncoding(layer: ConvolutionLayer, parameters: Tensors, scale: Scale): Converted {
  const weights = tensor(parameters, layer, 'weight').slice();
  const norms = orientChannels(layer, parameters, weights);
  const channels = norms.map((norm) => doubleThresholds(norm, scale.n, scale.levels));
  const thresholds = Float64Array.from(channels.flatMap(({ values }) => values));
  return {
    layer: { kind: 'encoding', ...describeGeometry(layer), weights, thresholds },
    report: { ...describe(layer, parameters, weights, channels), membrane: null },
  };
}

function convertSpiking(layer: ConvolutionLayer, parameters: Tensors, scale: Scale): Converted {
  if (layer.weights === 'float') throw refusalError(floatWeights(`The layer "${layer.name}"`));
  const weights = ternarise(tensor(parameters, layer, 'weight'), layer.output[2]);
  const norms = orientChannels(layer, parameters, weights);
  const channels = norms.map((norm) => integerThresholds(norm, scale.n, scale.levels));
  const thresholds = Int32Array.from(channels.flatMap(({ values }) => values));
  return {
    layer: { kind: 'spiking', ...describeGeometry(layer), weights, thresholds },
    report: {
      ...describe(layer, parameters, weights, channels),
      membrane: membraneBounds(weights, layer.output[2], scale.levels),
    },
  };
}

/**
 * Turns every channel so that more membrane means more spikes: where γ < 0, weights (in place), mean and γ change
 * their sign, which leaves BN(z) the same to the last bit.
 */
function orientChannels(
  layer: ConvolutionLayer,
  parameters: Tensors,
  weights: Float32Array | Int8Array,
): ChannelNorm[] {
  const channels = layer.output[2];
  const [gamma, beta, mean, variance] = (['gamma', 'beta', 'mean', 'variance'] as const).map((role) =>
    tensor(parameters, layer, role),
  );
  return Array.from({ length: channels }, (_, channel) => {
    const norm = {
      gamma: gamma![channel]!,
      beta: beta![channel]!,
      mean: mean![channel]!,
      variance: variance![channel]!,
    };
    if (norm.gamma >= 0) return norm;
    for (let i = channel; i < weights.length; i += channels) weights[i] = -weights[i]!;
    return { ...norm, gamma: -norm.gamma, mean: -norm.mean };
  });
}

function describe(
  layer: ConvolutionLayer,
  parameters: Tensors,
  weights: Float32Array | Int8Array,
  channels: readonly ChannelThresholds[],
): Omit<LayerConversion, 'membrane'> {
  const gamma = tensor(parameters, layer, 'gamma');
  let nonZero = 0;
  for (const weight of weights) if (weight !== 0) nonZero++;
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of channels.flatMap(({ values }) => values)) {
    if (value <= int32Minimum || value >= int32Maximum) continue;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return {
    name: layer.name,
    channels: channels.length,
    negatedChannels: gamma.filter((value) => value < 0).length,
    constantChannels: gamma.filter((value) => value === 0).length,
    correctedThresholds: channels.reduce((sum, { corrected }) => sum + corrected, 0),
    density: nonZero / weights.length,
    thresholds: minimum <= maximum ? [minimum, maximum] : null,
  };
}

/** All inputs at L where the weight has one sign and silent where it has the other, in the most extreme channel. */
function membraneBounds(weights: Int8Array, channels: number, levels: number): [number, number] {
  const negative = new Int32Array(channels);
  const positive = new Int32Array(channels);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! > 0) positive[i % channels]!++;
    else if (weights[i]! < 0) negative[i % channels]!++;
  }
  const most = (counts: Int32Array) => counts.reduce((a, b) => Math.max(a, b), 0);
  return [0 - levels * most(negative), levels * most(positive)];
}

function tensor(parameters: Tensors, layer: NetworkLayer, role: ParameterRole): Float32Array {
  const name = parameterName(layer, role);
  const values = parameters.get(name);
  if (values === undefined) throw new TypeError(`the network's parameters lack ${name}`);
  return values;
}
