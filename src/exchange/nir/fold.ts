/** What is made of a channel's membrane m so that all channels have the same thresholds: scale·m + bias. */
export interface Folded {
  /** Positive; 0 for a channel that always sends the same. */
  readonly scale: number;
  readonly bias: number;
}

/** The threshold of each level in all channels: ½, 1½, …, the middle between two numbers of spikes. */
export const levelThreshold = (level: number): number => level + 0.5;

/** Beyond this a threshold is never reached, or always is. */
const farthest = 2 ** 31 - 1;

/**
 * Folds the thresholds of a channel into a scale and a bias, as batch norm is folded into weights: scale·m + bias is above
 * {@link levelThreshold} of a level from the channel's own threshold on, and below it before.
 *
 * The line is the one that stays farthest from all decisions. Its numbers are short where membranes are whole, so that
 * sums of up to 2¹⁴ in single precision are exact in any order, and no decision changes.
 *
 * @param thresholds non-decreasing, one a level
 * @param isWhole true if membranes are whole numbers
 */
export function foldChannel(thresholds: readonly number[], isWhole: boolean): Folded {
  const always = thresholds.filter((value) => value <= -farthest).length;
  const points = thresholds.flatMap((value, level) =>
    Math.abs(value) >= farthest ? [] : [{ at: levelThreshold(level), membrane: isWhole ? value - 0.5 : value }],
  );
  // All levels that are left are always or never reached.
  if (points.length === 0) return { scale: 0, bias: always };
  const slope = Math.max(bestSlope(points), isWhole ? 1 / (4 * thresholds.length) : 1e-9);
  for (const bits of isWhole ? [10, 12, 16] : []) {
    const scale = shortened(1 / slope, bits);
    const step = 2 ** (Math.floor(Math.log2(scale)) - bits);
    const bias = Math.round(middleOf(points, scale) / step) * step;
    if (holds(thresholds, { scale, bias })) return { scale, bias };
  }
  const scale = 1 / slope;
  return { scale, bias: middleOf(points, scale) };
}

interface ThresholdPoint {
  readonly at: number;
  readonly membrane: number;
}

/** The slope of membrane against threshold whose line has the smallest greatest distance from the points. */
function bestSlope(points: readonly ThresholdPoint[]): number {
  let best = { slope: 1, distance: Number.POSITIVE_INFINITY };
  // The best line is parallel to one through two of the points.
  for (const [i, a] of points.entries())
    for (const b of points.slice(i + 1)) {
      const slope = (b.membrane - a.membrane) / (b.at - a.at);
      const offsets = points.map(({ at, membrane }) => membrane - slope * at);
      const distance = (Math.max(...offsets) - Math.min(...offsets)) / 2;
      if (distance < best.distance) best = { slope, distance };
    }
  return best.slope;
}

/** The bias that keeps the same distance from the two decisions that are nearest. */
function middleOf(points: readonly ThresholdPoint[], scale: number): number {
  const wanted = points.map(({ at, membrane }) => at - scale * membrane);
  return (Math.max(...wanted) + Math.min(...wanted)) / 2;
}

/** True if each level begins at its threshold, for whole membranes. */
function holds(thresholds: readonly number[], { scale, bias }: Folded): boolean {
  const value = (membrane: number) => scale * membrane + bias;
  return thresholds.every((threshold, level) => {
    if (threshold >= farthest || threshold <= -farthest) return true;
    return value(threshold) > levelThreshold(level) && value(threshold - 1) < levelThreshold(level);
  });
}

/** The nearest number with so many bits after the first. */
function shortened(value: number, bits: number): number {
  const step = 2 ** (Math.floor(Math.log2(value)) - bits);
  return Math.round(value / step) * step;
}
