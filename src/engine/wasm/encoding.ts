// Layer 1 of the spiking network as kernel calls: real pixels in, spikes out.
import { doubleWeights, type PlannedConvolution } from './convolution.js';
import { type Geometry, outputPixels, type PaddedMap, windowOffsets } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls } from './program.js';
import { type Address, bytes } from './units.js';

/** Sums stay below this: the kernel compares their upper halves, the lowest of which is left for what is never reached. */
const largestSum = 2 ** 31 - 2 ** 17;

/** Weights in 16 bits, so that sums of their products with pixels in 16 bits have 32. */
export interface QuantisedWeights {
  /** What an image's largest pixel becomes. */
  readonly largest: number;
  /** [value][channel] */
  readonly integers: Int16Array;
  /** [channel]: what weights are multiplied with. */
  readonly scales: Float64Array;
  /** [channel]: by how much a sum may be off for each unit that pixels are, and because the weights are. */
  readonly weightSums: Float64Array;
  readonly weightErrors: Float64Array;
}

/**
 * Σ w·x times both scales is off by Σ|w|·scale for each unit that pixels are, and by the largest pixel times the sum of
 * what the weights are.
 * @param weights [value][channel]
 */
export function quantiseWeights(weights: Float32Array, channels: number): QuantisedWeights {
  const values = weights.length / channels;
  // Pixels get as many bits as weights, and in multiples of 255 steps: those of eight bits are exact if one is white.
  const largest = 255 * Math.min(128, Math.max(1, Math.round(Math.sqrt(2 ** 31 / values) / 255)));
  const integers = new Int16Array(weights.length);
  const scales = new Float64Array(channels);
  const weightSums = new Float64Array(channels);
  const weightErrors = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let [sum, most] = [0, 0];
    for (let i = c; i < weights.length; i += channels) {
      const size = Math.abs(weights[i]!);
      sum += size;
      most = Math.max(most, size);
    }
    // Rounding adds half to each, and scaling may round the largest pixel up.
    const room = largestSum / (largest + 1) - values / 2;
    const scale = sum > 0 ? Math.min(room / sum, (2 ** 15 - 1) / most) : 1;
    let error = 0;
    for (let i = c; i < weights.length; i += channels) {
      const scaled = weights[i]! * scale;
      integers[i] = Math.round(scaled);
      error += Math.abs(scaled - integers[i]!);
    }
    scales[c] = scale;
    weightSums[c] = sum * scale;
    weightErrors[c] = error * (largest + 1);
  }
  return { largest, integers, scales, weightSums, weightErrors };
}

/**
 * [block of 16 channels][pair of values][channel][2]: of each two rows a value and that below it, of a last one values side by side,
 * with a zero behind an odd one.
 */
function pairs(integers: Int16Array, rows: number, run: number, channels: number): Int16Array {
  const places: (readonly [number, number])[] = [];
  for (let row = 0; row + 1 < rows; row += 2)
    for (let k = 0; k < run; k++) places.push([row * run + k, (row + 1) * run + k]);
  if (rows % 2 === 1) for (let k = 0; k < run; k += 2) places.push([(rows - 1) * run + k, (rows - 1) * run + k + 1]);
  const packed = new Int16Array(places.length * 2 * channels);
  let to = 0;
  for (let block = 0; block < channels; block += 16)
    for (const pair of places)
      for (let c = block; c < block + 16; c++)
        for (const place of pair) packed[to++] = integers[place * channels + c] ?? 0;
  return packed;
}

/**
 * Spikes of layer 1: as many as thresholds [level][channel] are reached by the sum of x·w in double precision. Nearly all
 * are found in integers; kernels/encode.c says how.
 * @param weights HWIO floats
 */
export function encodingForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly x: Address; readonly map: PaddedMap; readonly spikes: Address },
  weights: Float32Array,
  { thresholds, levels }: { readonly thresholds: Float64Array; readonly levels: number },
): PlannedConvolution {
  const { x, map, spikes } = buffers;
  const run = g.kernelWidth * g.inChannels;
  const { largest, integers, scales, weightSums, weightErrors } = quantiseWeights(weights, g.outChannels);
  const doubles = doubleWeights(plan, plan.table(weights), g.kernelHeight * run, g.outChannels);
  const descriptor = plan.descriptor('EncodeImages', {
    x,
    xImage: map.imageBytes,
    xRow: bytes(map.rowBytes / 2),
    xOffsets: plan.table(windowOffsets(g, map)),
    // The last of the quantised values may be read as one of two, and are written by four.
    copyBytes: bytes(map.imageBytes / 2 + 16),
    w: plan.table(pairs(integers, g.kernelHeight, run, g.outChannels)),
    doubles: doubles.address,
    scales: plan.table(scales),
    weightSums: plan.table(weightSums),
    weightErrors: plan.table(weightErrors),
    thresholds: plan.table(thresholds),
    spikes,
    largest,
    pixels: outputPixels(g),
    rows: g.kernelHeight,
    run,
    channels: g.outChannels,
    levels,
  });
  return { pack: doubles.pack, calls: calls('encodeImages', descriptor) };
}
