import type { SpikingLayer } from '../../spiking/network.js';
import { constants } from './kernels/constants.mjs';

const { countedSixteens, synapseBits } = constants;
/** The first number that a part of a table does not hold. */
const perPart = 2 ** synapseBits;

/**
 * What one spike of each input neuron costs in a layer: the number of windows its pixel lies in ([pixel]), and the
 * number of non-zero weights that it meets there ([part][pixel][padded channel], 15 bits of each number in a part, lowest
 * first). With these, counting operations is a weighted sum over spikes.
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
  // The kernel adds up so many products of a window count, and of two bytes, in each of four lanes of 32 bits; those of a
  // pixel of more channels are more.
  const perWindow = Math.max(1, paddedChannels / (16 * countedSixteens)) * countedSixteens * 4 * levels;
  if (windows.some((count) => count >= perPart || count * perWindow >= 2 ** 31))
    throw new RangeError(`a neuron before ${layer.name} is in too many windows to count its operations`);
  const largest = synapses.reduce((most, count) => Math.max(most, count), 0);
  const parts = largest < perPart ? 1 : largest < perPart ** 2 ? 2 : 3;
  return { windows: Int16Array.from(windows), synapses: fifteenBits(synapses, parts), parts };
}

/** [part][index]: 15 bits of each number in a part, lowest first. */
function fifteenBits(numbers: Uint32Array, parts: number): Int16Array {
  const all = new Int16Array(parts * numbers.length);
  for (const [i, number] of numbers.entries())
    for (let part = 0; part < parts; part++)
      all[part * numbers.length + i] = (number >>> (synapseBits * part)) & (perPart - 1);
  return all;
}
