// Layer 1 of the spiking network as kernel calls: real pixels in, spikes out.
import { denseForward, doubleWeights, type PlannedConvolution } from './convolution.js';
import { type Geometry, outputPixels, type PaddedMap, windowOffsets } from './geometry.js';
import type { MemoryPlan } from './plan.js';

/** Half the distance from 1 to the next number of single precision. */
const unitRoundoff = 2 ** -24;

/**
 * By how much a sum in single precision can differ from the one in double precision, for each unit of the largest
 * absolute pixel: γ_K·Σ|w| with γ_K = K·u/(1 − K·u) for K products in any order (Higham, Accuracy and Stability of
 * Numerical Algorithms, 2nd ed., section 3.1), and some more for the roundings of double precision and of the bounds.
 * @param weights [tap][channel]
 */
export function sumErrors(weights: Float32Array, channels: number): Float64Array {
  const products = weights.length / channels;
  const gamma = (products * unitRoundoff) / (1 - products * unitRoundoff);
  const errors = new Float64Array(channels);
  for (const [i, weight] of weights.entries()) errors[i % channels]! += Math.abs(weight);
  return errors.map((sum) => sum * gamma * (1 + 2 ** -10));
}

/** What rounding a threshold to single precision, and products too small for it, can add to that. */
export function thresholdSlack(thresholds: Float64Array, products: number): Float64Array {
  const underflow = products * 2 ** -149;
  return thresholds.map((threshold) => (Number.isFinite(threshold) ? Math.abs(threshold) * 2 ** -22 + underflow : 0));
}

/**
 * Spikes of layer 1: as many as thresholds [level][channel] are reached by the sum of x·w in double precision. Nearly all
 * are found in single precision; kernels/encoding.ts says how.
 * @param weights HWIO floats
 */
export function encodingForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly x: number; readonly map: PaddedMap; readonly spikes: number },
  weights: Float32Array,
  { thresholds, levels }: { readonly thresholds: Float64Array; readonly levels: number },
): PlannedConvolution {
  const { x, map, spikes } = buffers;
  const w = plan.table(weights);
  // An upper and a lower bound for each threshold, then one image's membranes.
  const membranes = levels * g.outChannels * 8;
  const convolution = denseForward(plan, g, { x, map, w, y: { inScratch: membranes } });
  const run = g.kernelWidth * g.inChannels;
  const products = g.kernelHeight * run;
  const doubles = doubleWeights(plan, w, products, g.outChannels);
  const descriptor = plan.descriptor('FireReal', {
    membranes,
    thresholds: plan.table(thresholds),
    errors: plan.table(sumErrors(weights, g.outChannels)),
    slack: plan.table(thresholdSlack(thresholds, products)),
    spikes,
    x,
    xImage: map.imageBytes,
    xOffsets: plan.table(windowOffsets(g, map)),
    w: doubles.address,
    pixels: outputPixels(g),
    rows: g.kernelHeight,
    run,
    rowSkip: map.rowBytes - run * 4,
    channels: g.outChannels,
    levels,
  });
  return {
    pack: [...convolution.pack, ...doubles.pack],
    // Image by image, so that membranes stay in the cache.
    calls: (lo, hi) =>
      Array.from({ length: hi - lo }, (_, i) => ({ lo: lo + i, hi: lo + i + 1 })).flatMap((image) => [
        ...convolution.calls(image.lo, image.hi),
        { kernel: 'fireReal', descriptor, ...image },
      ]),
    scratchBytes: convolution.scratchBytes,
  };
}
