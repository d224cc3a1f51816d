// What repetitions of a measurement come to: their mean, their spread, and how far the mean may be off.

/** Bounds that hold the true value with 95 % confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /**
   * `t`: Student's t, for a mean of repetitions or of paired differences. `wilson`: Wilson's score, for a share that one run
   * counted. `tango`: Tango's score, for the difference of two such shares of the same images.
   */
  readonly method: 't' | 'wilson' | 'tango';
}

/** A mean of repetitions, or the value of a single run. */
export interface Estimate {
  /** Independent repetitions. */
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation, by n − 1; missing for a single run. */
  readonly sd?: number;
  /** Missing for a single run of which nothing is known but its value. */
  readonly interval?: Interval;
}

/** Mean in the order given; of equal values exactly that value. @throws {RangeError} for no values */
export function mean(values: readonly number[]): number {
  const [first, ...others] = values;
  if (first === undefined) throw new RangeError('the mean of no values');
  if (others.every((value) => value === first)) return first;
  const close = values.reduce((sum, value) => sum + value, 0) / values.length;
  // What rounding has cost, added again: 0.812 and no 0.8119999999999999.
  return close + values.reduce((sum, value) => sum + (value - close), 0) / values.length;
}

/** The mean of each number in values of one form, lists and maps among them; what is no number is that of the first. */
export function meanOf<T>(values: readonly T[]): T {
  const [first] = values;
  if (typeof first === 'number') return mean(values as readonly number[]) as T;
  if (Array.isArray(first))
    return first.map((_, i) => meanOf((values as unknown as readonly unknown[][]).map((list) => list[i]))) as T;
  if (typeof first !== 'object' || first === null) return first as T;
  const keys = Object.keys(first) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, meanOf(values.map((value) => value[key]))])) as T;
}

/** Mean, standard deviation and Student's interval of repetitions; of one alone only its value. @throws {RangeError} for none */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const middle = mean(values);
  if (n === 1) return { n, mean: middle };
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1));
  // Equal values that were computed in several ways differ by their rounding, which is no spread.
  const sd = spread <= 1e-13 * Math.abs(middle) ? 0 : spread;
  const half = (studentQuantile(n - 1) * sd) / Math.sqrt(n);
  return { n, mean: middle, sd, interval: { low: middle - half, high: middle + half, method: 't' } };
}

/** Of the standard normal distribution: 97.5 % lie below. */
const normalQuantile = 1.959963984540054;

/**
 * The share of one run that got `hits` of `trials` right, with Wilson's score interval: E. B. Wilson, "Probable inference,
 * the law of succession, and statistical inference", Journal of the American Statistical Association 22 (1927).
 */
export function proportion(hits: number, trials: number): Estimate {
  const share = hits / trials;
  const z2 = normalQuantile ** 2;
  const scale = 1 + z2 / trials;
  const centre = (share + z2 / (2 * trials)) / scale;
  const half = (normalQuantile / scale) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials ** 2));
  // At the ends rounding would leave some dust.
  const low = hits === 0 ? 0 : centre - half;
  const high = hits === trials ? 1 : centre + half;
  return { n: 1, mean: share, interval: { low, high, method: 'wilson' } };
}

/**
 * The difference of two shares of the same trials, with Tango's score interval: T. Tango, "Equivalence test and confidence
 * interval for the difference in proportions for the paired-sample design", Statistics in Medicine 17 (1998). It holds 0 where
 * McNemar's test (without correction) finds no difference at 5 %.
 *
 * @param gained trials that only the first got right
 * @param lost trials that only the second did
 */
export function pairedDifference(gained: number, lost: number, trials: number): Estimate {
  // The score falls from one end to the other.
  const bound = (score: number): number => {
    let [low, high] = [-1, 1];
    for (;;) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) return middle;
      if (tangoScore(gained, lost, trials, middle) > score) low = middle;
      else high = middle;
    }
  };
  const interval = { low: bound(normalQuantile), high: bound(-normalQuantile), method: 'tango' } as const;
  return { n: 1, mean: (gained - lost) / trials, interval };
}

/** How many standard deviations the difference that was found is above a supposed one. */
function tangoScore(gained: number, lost: number, trials: number, supposed: number): number {
  // The likeliest share of lost trials, if the difference is as supposed: the root of a quadratic.
  const a = 2 * trials;
  const b = -gained - lost + (2 * trials - gained + lost) * supposed;
  const c = -lost * supposed * (1 - supposed);
  const likeliest = Math.max(0, (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a));
  const above = gained - lost - trials * supposed;
  const variance = trials * (2 * likeliest + supposed * (1 - supposed));
  return variance <= 0 ? Math.sign(above) * Number.POSITIVE_INFINITY || 0 : above / Math.sqrt(variance);
}

/**
 * What 95 % of Student's t distribution lie within, on both sides of 0.
 *
 * @param freedom degrees of freedom, a whole number from 1
 */
export function studentQuantile(freedom: number): number {
  // From the normal distribution's to that of one degree of freedom, 12.7.
  let [low, high] = [1.9, 13];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (withinT(middle, freedom) < 0.95) low = middle;
    else high = middle;
  }
}

/** Probability of −t … t: the finite series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4. */
function withinT(t: number, freedom: number): number {
  const isOdd = freedom % 2 === 1;
  const cosine2 = freedom / (freedom + t * t);
  const sine = t / Math.sqrt(freedom + t * t);
  let term = isOdd ? Math.sqrt(cosine2) : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= (cosine2 * (power - 1)) / power;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (Math.atan(t / Math.sqrt(freedom)) + sine * sum) : sine * sum;
}
