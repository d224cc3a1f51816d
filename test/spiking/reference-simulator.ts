import { layerOperations, type Operations, spikeCount } from '../../src/spiking/counts.js';
import type { SpikeSource, SpikingNetwork } from '../../src/spiking/network.js';
import { unreachable } from '../../src/unreachable.js';
import { convolve, dense } from '../network/reference-ann.js';

export interface Simulation {
  /** Spikes of every neuron, layer by layer, NHWC. */
  readonly spikes: readonly Uint8Array[];
  readonly spikesPerLayer: readonly number[];
  /** Of the layers after the encoding one. */
  readonly operations: readonly Operations[];
  readonly logits: Float64Array;
}

/**
 * The spiking network on one image: membranes are integers but in the encoding layer, and spikes count thresholds.
 * @param transmit what becomes of the spikes of layer 1
 */
export function simulate(
  network: SpikingNetwork,
  image: Float32Array,
  transmit: (spikes: Uint8Array) => Uint8Array = (spikes) => spikes,
): Simulation {
  const n = 2 ** network.k;
  const { levels } = network;
  const spikes: Uint8Array[] = [];
  const operations: Operations[] = [];
  let logits: Float64Array = new Float64Array();
  for (const layer of network.layers) {
    const input = spikes.at(-1) ?? Float64Array.from(image, (x) => n * x);
    switch (layer.kind) {
      case 'encoding':
        spikes.push(transmit(fire(layer, convolve(layer, layer.weights, input), levels)));
        break;
      case 'spiking':
        operations.push(layerOperations(layer, layer.weights, Uint8Array.from(input), levels));
        spikes.push(fire(layer, Int32Array.from(convolve(layer, layer.weights, input)), levels));
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

function fire(layer: SpikeSource, membranes: Float64Array | Int32Array, levels: number): Uint8Array {
  const channels = layer.output[2];
  return Uint8Array.from(membranes as ArrayLike<number>, (membrane, i) => {
    let spikes = 0;
    for (let level = 0; level < levels; level++)
      if (membrane >= layer.thresholds[(i % channels) * levels + level]!) spikes++;
    return spikes;
  });
}
