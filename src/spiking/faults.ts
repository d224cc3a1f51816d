// Faults of a device: what is wrong with its weights and thresholds, the same for every image.
import { normalOf } from '../data/normal.js';
import { type Purpose, purposes, RandomWords } from '../data/random.js';
import { type SpikeSource, type SpikingLayer, type SpikingNetwork, spikeSources } from './network.js';
import { amountOf, isFixed, isThreshold, type NoiseTerm, thresholdUnit } from './noise.js';
import { int32Maximum, int32Minimum } from './thresholds.js';

/**
 * The network as a device with faults has it, drawn by the seed: weights of the wrong sign, then those stuck at 0, then those
 * stuck at ±1, each independently; thresholds with normal noise. The same network where no term is a fault.
 *
 * Everything else follows from its weights: operations are counted as the device makes them.
 */
export function faultyNetwork(network: SpikingNetwork, terms: readonly NoiseTerm[], seed: number): SpikingNetwork {
  const faults = terms.filter((term) => isFixed(term) && term.amount > 0);
  if (faults.length === 0) return network;
  const sources = spikeSources(network);
  const layers = network.layers.map((layer) =>
    layer.kind === 'readout' ? layer : faultyLayer(layer, faults, { seed, layer: sources.indexOf(layer) }),
  );
  return { ...network, layers };
}

/** Whose random words: of a device, and of its layer by its place among those that send spikes. */
interface Place {
  readonly seed: number;
  readonly layer: number;
}

function faultyLayer(layer: SpikeSource, faults: readonly NoiseTerm[], place: Place): SpikeSource {
  const sigma = amountOf(faults, 'threshold', layer.name);
  const noisy = sigma === 0 ? layer : withThresholdNoise(layer, sigma, place);
  return noisy.kind === 'spiking' ? { ...noisy, weights: faultyWeights(noisy, faults, place) } : noisy;
}

function faultyWeights({ name, weights }: SpikingLayer, faults: readonly NoiseTerm[], place: Place): Int8Array {
  const result = weights.slice();
  const each = (
    kind: 'sign-flip' | 'stuck-at-0' | 'stuck-at-1',
    purpose: Purpose,
    put: (at: number, word: number) => number,
  ) => {
    const probability = amountOf(faults, kind, name);
    if (probability === 0) return;
    const words = wordsOf(purpose, place);
    const below = Math.round(probability * 2 ** 32);
    for (let i = 0; i < result.length; i++) {
      // Two words a weight: whether, and of which sign.
      const [whether, which] = [words.word(), words.word()];
      if (whether < below) result[i] = put(i, which);
    }
  };
  each('sign-flip', purposes.signFlip, (at) => 0 - result[at]!);
  each('stuck-at-0', purposes.stuckAt0, () => 0);
  each('stuck-at-1', purposes.stuckAt1, (_, word) => (word < 2 ** 31 ? 1 : -1));
  return result;
}

/**
 * Each threshold of each channel is off by a normal variable of its own. An integer membrane reaches a real threshold where it
 * reaches the next integer. Order among a channel's thresholds means nothing, and stays ascending.
 */
function withThresholdNoise<T extends SpikeSource>(layer: T, sigma: number, place: Place): T {
  const words = wordsOf(purposes.thresholdNoise, place);
  const deviation = sigma * thresholdUnit(layer);
  const thresholds = layer.thresholds.slice();
  for (let i = 0; i < thresholds.length; i++) {
    const noise = deviation * normalOf(words.word());
    if (!isThreshold(thresholds[i]!)) continue;
    const moved = thresholds[i]! + noise;
    thresholds[i] =
      layer.kind === 'encoding' ? moved : Math.max(int32Minimum + 1, Math.min(int32Maximum - 1, Math.ceil(moved)));
  }
  const levels = thresholds.length / layer.output[2];
  for (let at = 0; at < thresholds.length; at += levels) thresholds.subarray(at, at + levels).sort();
  return { ...layer, thresholds };
}

/** Words of a layer: each has 2³⁴ of its own. */
const wordsOf = (purpose: Purpose, { seed, layer }: Place) =>
  new RandomWords({ seed, purpose, stream: 0 }, layer * 2 ** 34);
