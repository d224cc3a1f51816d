import { method } from '../network/method.mjs';
import type { ChannelNorm } from '../network/quantise.js';
import { quantisedLevel } from '../network/quantise.js';

export const int32Minimum = -(2 ** 31);
export const int32Maximum = 2 ** 31 - 1;

/** Thresholds of one channel, one a level, non-decreasing. */
export interface ChannelThresholds {
  readonly values: readonly number[];
  /** How many are not what the formula alone gives: there its rounding and the ANN's fall on different sides. */
  readonly corrected: number;
}

/**
 * The paper's θ_j = ((j + ½)/n − β)·n·√(var + ε)/γ + n·mean, for γ > 0: the membrane from which on the ANN's
 * activation has at least level j + 1, were there no rounding.
 */
export function idealThreshold(level: number, norm: ChannelNorm, n: number): number {
  const slope = (n * Math.sqrt(norm.variance + method.batchNormEpsilon)) / norm.gamma;
  return ((level + 0.5) / n - norm.beta) * slope + n * norm.mean;
}

/**
 * For each level the smallest integer membrane m = n·z at which the ANN itself decides for at least that level.
 * Beyond int32 they are clamped: such a membrane can't occur.
 */
export function integerThresholds(norm: ChannelNorm, n: number, levels: number): ChannelThresholds {
  return channelThresholds(norm, n, levels, {
    never: int32Maximum,
    always: int32Minimum,
    search: (reached, ideal) => {
      const start = Math.max(int32Minimum, Math.min(int32Maximum, Math.ceil(ideal)));
      const indexed = (index: bigint) => reached(Number(index));
      const value = Number(smallest(indexed, BigInt(start), BigInt(int32Minimum), BigInt(int32Maximum)));
      return { value, corrected: value !== start };
    },
  });
}

/** The same for real membranes: the smallest double at which the ANN decides for at least that level. */
export function doubleThresholds(norm: ChannelNorm, n: number, levels: number): ChannelThresholds {
  return channelThresholds(norm, n, levels, {
    never: Number.POSITIVE_INFINITY,
    always: Number.NEGATIVE_INFINITY,
    search: (reached, ideal) => {
      const indexed = (index: bigint) => reached(doubleAt(index));
      const [low, high] = [indexOfDouble(Number.NEGATIVE_INFINITY), indexOfDouble(Number.POSITIVE_INFINITY)];
      const value = doubleAt(smallest(indexed, indexOfDouble(ideal), low, high));
      return { value, corrected: value !== ideal };
    },
  });
}

function channelThresholds(
  norm: ChannelNorm,
  n: number,
  levels: number,
  kind: {
    readonly never: number;
    readonly always: number;
    readonly search: (reached: (m: number) => boolean, ideal: number) => { value: number; corrected: boolean };
  },
): ChannelThresholds {
  const levelAt = (m: number) => quantisedLevel(m / n, norm, n, levels);
  const values: number[] = [];
  let corrected = 0;
  for (let level = 0; level < levels; level++) {
    if (norm.gamma === 0) {
      values.push(levelAt(0) > level ? kind.always : kind.never);
      continue;
    }
    const found = kind.search((m) => levelAt(m) > level, idealThreshold(level, norm, n));
    values.push(found.value);
    if (found.corrected) corrected++;
  }
  return { values, corrected };
}

/**
 * The smallest index in [low, high] at which a monotone condition holds, or `high` if it holds nowhere. Looks around
 * `start` first, with doubling steps: the answer is nearly always there or next to it.
 */
function smallest(holds: (index: bigint) => boolean, start: bigint, low: bigint, high: bigint): bigint {
  let [below, above] = [start, start];
  let step = 1n;
  if (holds(start)) {
    do {
      above = below;
      below = above - step;
      step *= 2n;
    } while (below >= low && holds(below));
    if (below < low) below = low - 1n;
  } else {
    do {
      below = above;
      above = below + step;
      step *= 2n;
    } while (above < high && !holds(above));
    if (above > high) above = high;
  }
  // The condition fails at `below` (or below the range) and is taken to hold at `above`.
  while (above - below > 1n) {
    const middle = (above + below) / 2n;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

const bits = new DataView(new ArrayBuffer(8));

/** Numbers all doubles in order, neighbours by neighbouring integers; both zeros are 0. */
function indexOfDouble(value: number): bigint {
  bits.setFloat64(0, Math.abs(value));
  const magnitude = bits.getBigInt64(0);
  return value < 0 ? -magnitude : magnitude;
}

function doubleAt(index: bigint): number {
  bits.setBigInt64(0, index < 0n ? -index : index);
  const magnitude = bits.getFloat64(0);
  return index < 0n ? -magnitude : magnitude;
}

/** The largest double that is smaller; infinities stay what they are. */
export function previousDouble(value: number): number {
  return Number.isFinite(value) ? doubleAt(indexOfDouble(value) - 1n) : value;
}
