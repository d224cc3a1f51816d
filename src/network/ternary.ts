/**
 * Q(W) of a layer: t = 0.7·mean|W| over the whole tensor; +1 where w ≥ t, −1 where w ≤ −t, else 0.
 *
 * The order of the sum is part of the definition: |w| is added up in double precision from the first element to the
 * last of the HWIO array, and t is rounded to single precision once. The default engine follows it bit for bit.
 */
export function ternarise(weights: Float32Array): Int8Array {
  const threshold = ternaryThreshold(weights);
  const ternary = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight >= threshold) ternary[i] = 1;
    else if (weight <= -threshold) ternary[i] = -1;
  }
  return ternary;
}

/** t = 0.7·mean|W|, as {@link ternarise} compares with it. */
export function ternaryThreshold(weights: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += Math.abs(weights[i]!);
  return Math.fround(0.7 * (sum / weights.length));
}
