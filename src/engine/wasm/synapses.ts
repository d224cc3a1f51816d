import type { SpikingLayer } from '../../spiking/network.js';

/**
 * What one spike of each input neuron costs in a layer: the number of windows its pixel lies in ([pixel]), and the
 * number of non-zero weights that it meets there ([pixel][padded channel]). With these, counting operations is a
 * weighted sum over spikes.
 */
export function synapseTables(layer: SpikingLayer, paddedChannels: number, levels: number) {
  const [height, width, channels] = layer.input;
  const [outHeight, outWidth, outChannels] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const nonZero = new Uint32Array(kernelHeight * kernelWidth * channels);
  for (const [i, weight] of layer.weights.entries()) if (weight !== 0) nonZero[Math.floor(i / outChannels)]!++;
  const windows = new Uint32Array(height * width);
  const synapses = new Uint32Array(height * width * paddedChannels);
  for (let ky = 0; ky < kernelHeight; ky++)
    for (let kx = 0; kx < kernelWidth; kx++)
      for (let oy = 0; oy < outHeight; oy++)
        for (let ox = 0; ox < outWidth; ox++) {
          const y = oy * layer.stride + ky - layer.padding[0];
          const x = ox * layer.stride + kx - layer.padding[1];
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          const pixel = y * width + x;
          windows[pixel]!++;
          for (let c = 0; c < channels; c++)
            synapses[pixel * paddedChannels + c]! += nonZero[(ky * kernelWidth + kx) * channels + c]!;
        }
  // The kernel adds up 64 products in each of four lanes of 32 bits.
  if (synapses.some((count) => count * levels * 64 >= 2 ** 32))
    throw new RangeError(`a neuron before ${layer.name} has too many synapses to count its operations`);
  return { windows, synapses };
}
