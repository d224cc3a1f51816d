import type { Convolution } from '../../src/network/architecture.js';

/**
 * Synaptic operations of one layer, by the three conventions in use. They exceed 2³² for a few hundred images;
 * as doubles they are exact up to 2⁵³.
 */
export interface Operations {
  /**
   * The paper's: (sum of the im2col of the input spikes)·C_out·2·L. Zero weights are counted. Where the factor 2
   * comes from is nowhere stated; L is that of the replicated sub-neurons.
   */
  readonly paper: number;
  /** Additions in the usual sense, a spike times each of its synapses: paper/(2·L). */
  readonly event: number;
  /** Only synapses whose weight is not zero. */
  readonly effective: number;
}

/** Sum of a feature map's spike counts. */
export function spikeCount(spikes: Uint8Array): number {
  let sum = 0;
  for (const count of spikes) sum += count;
  return sum;
}

/**
 * Operations of a layer for one image, straight from their definition: every output pixel gathers its window, and
 * each spike in it meets C_out synapses. Engines count faster, and are held to this by test.
 * @param spikes the layer's input spikes, NHWC without N
 * @param weights ternary, HWIO
 * @param levels L = n·B
 */
export function layerOperations(
  layer: Omit<Convolution, 'name'>,
  weights: Int8Array,
  spikes: Uint8Array,
  levels: number,
): Operations {
  const [inputHeight, inputWidth, inputChannels] = layer.input;
  const [outputHeight, outputWidth, outputChannels] = layer.output;
  const synapses = nonZeroSynapses(weights, outputChannels);
  let gathered = 0;
  let effective = 0;
  for (let oy = 0; oy < outputHeight; oy++)
    for (let ox = 0; ox < outputWidth; ox++)
      for (let ky = 0; ky < layer.kernel[0]; ky++)
        for (let kx = 0; kx < layer.kernel[1]; kx++) {
          const y = oy * layer.stride + ky - layer.padding[0];
          const x = ox * layer.stride + kx - layer.padding[1];
          if (y < 0 || y >= inputHeight || x < 0 || x >= inputWidth) continue;
          for (let ci = 0; ci < inputChannels; ci++) {
            const count = spikes[(y * inputWidth + x) * inputChannels + ci]!;
            gathered += count;
            effective += count * synapses[(ky * layer.kernel[1] + kx) * inputChannels + ci]!;
          }
        }
  const event = gathered * outputChannels;
  return { paper: event * 2 * levels, event, effective };
}

/** For each kernel position and input channel, how many output channels it reaches through a weight that is not 0. */
function nonZeroSynapses(weights: Int8Array, outputChannels: number): Int32Array {
  const counts = new Int32Array(weights.length / outputChannels);
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) counts[Math.floor(i / outputChannels)]!++;
  return counts;
}
