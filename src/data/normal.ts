// Random numbers of the normal distribution, the same bits in every build: of +, −, ·, / and square roots alone.

/**
 * Bits behind the highest one by which `segmentOf` tells segments apart; the kernels' `segmentBits` are the same, which
 * a test holds them to.
 */
const segmentBits = 5;
const perOctave = 2 ** segmentBits;
/** Shares are multiples of 2^-32, and half of one at least. */
const [leastOctave, octaves] = [-1, 32];

/**
 * The standard normal variable of a random word: its highest bit is the sign, the others the share of values beyond it.
 * Sizes lie below 6.4.
 */
export function normalOf(word: number): number {
  const at = (word % 2 ** 31) + 0.5;
  const octave = at < 1 ? leastOctave : 31 - Math.clz32(at);
  const segment = (octave - leastOctave) * perOctave + Math.floor((at / 2 ** octave - 1) * perOctave);
  const size = normalLines[2 * segment]! + normalLines[2 * segment + 1]! * at;
  return word >= 2 ** 31 ? -size : size;
}

function makeLines(): Float64Array {
  const lines = new Float64Array(2 * octaves * perOctave);
  for (let segment = 0; segment < octaves * perOctave; segment++) {
    const octave = 2 ** (leastOctave + Math.floor(segment / perOctave));
    const [from, to] = [0, 1].map((end) => octave * (1 + ((segment % perOctave) + end) / perOctave)) as [
      number,
      number,
    ];
    const [first, last] = [tailQuantile(from / 2 ** 32), tailQuantile(to / 2 ** 32)];
    const slope = (last - first) / (to - from);
    lines[2 * segment] = first - slope * from;
    lines[2 * segment + 1] = slope;
  }
  return lines;
}

/**
 * The z ≥ 0 that a standard normal variable exceeds with a probability of 2⁻³⁴ ≤ p ≤ ½: algorithm AS 241, PPND16 (Wichura,
 * "The Percentage Points of the Normal Distribution", 1988), right to about 1 part in 10¹⁶.
 */
export function tailQuantile(p: number): number {
  const q = 0.5 - p;
  if (q <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(central.above, r)) / polynomial(central.below, r);
  }
  const r = Math.sqrt(-logarithm(p)) - 1.6;
  return polynomial(near.above, r) / polynomial(near.below, r);
}

const central = {
  above: [
    ...[3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946],
    ...[45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227],
  ],
  below: [
    ...[1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597],
    ...[39307.89580009271, 28729.085735721943, 5226.495278852546],
  ],
};
const near = {
  above: [
    ...[1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045],
    ...[1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414],
  ],
  below: [
    ...[1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008],
    ...[0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9],
  ],
};
/** c₀ + c₁·x + c₂·x² + … */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

/** ln x for x > 0, by 2·artanh((m − 1)/(m + 1)) of its fraction m in [0.7, 1.42). */
function logarithm(x: number): number {
  let [m, exponent] = [x, 0];
  for (; m < Math.SQRT1_2; exponent--) m *= 2;
  for (; m >= Math.SQRT2; exponent++) m /= 2;
  const y = (m - 1) / (m + 1);
  let sum = 0;
  for (let i = 25; i >= 1; i -= 2) sum = sum * y * y + 1 / i;
  return 2 * y * sum + exponent * Math.LN2;
}

/**
 * By segment, intercept and slope of the line that stands for the size |z| = −Φ⁻¹(at/2³²) of a standard normal variable:
 * inversion with segments that halve towards the tail (Cheung, Lee, Luk, Villasenor, "Hardware Generation of Arbitrary
 * Random Number Distributions From Uniform Distributions Via the Inversion Method", 2007). Off by less than 2·10⁻⁴ each.
 */
export const normalLines: Float64Array = makeLines();
