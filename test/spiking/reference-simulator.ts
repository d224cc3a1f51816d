import type { SpikeSource, SpikingNetwork } from '../../src/spiking/network.js';
import { unreachable } from '../../src/unreachable.js';
import { convolve, dense } from '../network/reference-ann.js';
import { layerOperations, type Operations, spikeCount } from './reference-counts.js';

export interface Simulation {
  /** Spikes of every neuron, layer by layer, NHWC. */
  readonly spikes: readonly Uint8Array[];
  readonly spikesPerLayer: readonly number[];
  /** Of the layers after the encoding one. */
  readonly operations: readonly Operations[];
  readonly logits: Float64Array;
}

/** What noise makes of a layer's membranes and spikes. */
export interface Disturbance {
  readonly membranes?: (membranes: Float64Array, layer: number, channels: number) => ArrayLike<number>;
  readonly spikes?: (spikes: Uint8Array, layer: number) => Uint8Array;
}

/**
 * The spiking network on one image: membranes are integers but in the encoding layer, and spikes count thresholds.
 * @param disturb what becomes of each layer's membranes and spikes, by its place among those that send spikes
 */
export function simulate(network: SpikingNetwork, image: Float32Array, disturb: Disturbance = {}): Simulation {
  const n = 2 ** network.k;
  const { levels } = network;
  const spikes: Uint8Array[] = [];
  const operations: Operations[] = [];
  let logits: Float64Array = new Float64Array();
  const send = (layer: SpikeSource, membranes: ArrayLike<number>) => {
    const sums = Float64Array.from(membranes);
    const disturbed = disturb.membranes?.(sums, spikes.length, layer.output[2]) ?? sums;
    const sent = fire(layer, disturbed, levels);
    spikes.push(disturb.spikes?.(sent, spikes.length) ?? sent);
  };
  for (const layer of network.layers) {
    const input = spikes.at(-1) ?? Float64Array.from(image, (x) => n * x);
    switch (layer.kind) {
      case 'encoding':
        send(layer, convolve(layer, layer.weights, input));
        break;
      case 'spiking':
        operations.push(layerOperations(layer, layer.weights, Uint8Array.from(input), levels));
        send(layer, Int32Array.from(convolve(layer, layer.weights, input)));
        break;
      case 'readout':
        logits = dense(layer.weights, input, network.classes);
        break;
      default:
        unreachable(layer);
    }
  }
  return { spikes, spikesPerLayer: spikes.map(spikeCount), operations, logits };
}

function fire(layer: SpikeSource, membranes: ArrayLike<number>, levels: number): Uint8Array {
  const channels = layer.output[2];
  return Uint8Array.from(membranes, (membrane, i) => {
    let spikes = 0;
    for (let level = 0; level < levels; level++)
      if (membrane >= layer.thresholds[(i % channels) * levels + level]!) spikes++;
    return spikes;
  });
}
