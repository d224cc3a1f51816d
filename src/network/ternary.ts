import { method } from './method.mjs';

/**
 * Q(W) of a layer: t = 0.7·mean|W| over the whole tensor; +1 where w ≥ t, −1 where w ≤ −t, else 0.
 *
 * The order of the sum is part of the definition: |w| is added up in double precision, for each output channel from the
 * first element to the last of the HWIO array, then from the first channel to the last, and t is rounded to single
 * precision once. So channels can be added up side by side. The default engine follows it bit for bit.
 * @param channels output channels, the array's last dimension
 */
export function ternarise(weights: Float32Array, channels: number): Int8Array {
  const threshold = ternaryThreshold(weights, channels);
  const ternary = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight >= threshold) ternary[i] = 1;
    else if (weight <= -threshold) ternary[i] = -1;
  }
  return ternary;
}

/** t = 0.7·mean|W|, as {@link ternarise} compares with it. */
export function ternaryThreshold(weights: Float32Array, channels: number): number {
  const sums = new Float64Array(channels);
  for (let i = 0; i < weights.length; i += channels)
    for (let c = 0; c < channels; c++) sums[c]! += Math.abs(weights[i + c]!);
  const sum = sums.reduce((total, value) => total + value, 0);
  return Math.fround(method.ternaryShare * (sum / weights.length));
}
