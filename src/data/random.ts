// Counter-based random numbers: every number is a function of (seed, purpose, stream, index) and of nothing else, so
// that neither threads nor the order of work nor a restart change a result.

/** Streams that must never overlap. Numbers are part of the format: results depend on them. */
export const purposes = {
  ...{ initialise: 1, shuffle: 2, augment: 3, deleteSpikes: 4, sample: 5, insertSpikes: 6, membraneNoise: 7 },
  ...{ thresholdNoise: 8, signFlip: 9, stuckAt0: 10, stuckAt1: 11 },
} as const;
export type Purpose = (typeof purposes)[keyof typeof purposes];

/** Which sequence: `stream` tells apart what a purpose needs many of (tensors, epochs, images). */
export interface Sequence {
  readonly seed: number;
  readonly purpose: Purpose;
  readonly stream: number;
}

/** Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): four random words of 32 bits. */
export function philox(key: readonly [number, number], counter: readonly number[], out: Uint32Array): void {
  let a = counter[0]! | 0;
  let b = counter[1]! | 0;
  let c = counter[2]! | 0;
  let d = counter[3]! | 0;
  let key0 = key[0] | 0;
  let key1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd251, 0x1f53, a);
    const high1 = multiplyHigh(0xcd9e, 0x8d57, c);
    const low0 = Math.imul(0xd2511f53, a);
    const low1 = Math.imul(0xcd9e8d57, c);
    a = high1 ^ b ^ key0;
    b = low1;
    c = high0 ^ d ^ key1;
    d = low0;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/** High word of the 64-bit product of two unsigned words, one of them in halves, in 32-bit arithmetic alone. */
function multiplyHigh(x1: number, x0: number, y: number): number {
  const y0 = y & 0xffff;
  const y1 = y >>> 16;
  const middle = (Math.imul(x1, y0) + (Math.imul(x0, y0) >>> 16)) | 0;
  const carry = (Math.imul(x0, y1) + (middle & 0xffff)) >>> 16;
  return (Math.imul(x1, y1) + (middle >>> 16) + carry) | 0;
}

/** Uniform in [0, 1), of 53 bits of two words. */
const uniformOf = (high: number, low: number): number => ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992;

/** The words of a sequence, from any index on. */
export class RandomWords {
  readonly #key: readonly [number, number];
  readonly #counter: [number, number, number, number];
  readonly #block = new Uint32Array(4);
  #next = 0;

  /** @param index word to start with, a multiple of 4 */
  constructor({ seed, purpose, stream }: Sequence, index = 0) {
    this.#key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
    this.#counter = [0, 0, stream, purpose];
    this.#next = index;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#next % 4 === 0) {
      const block = this.#next / 4;
      this.#counter[0] = block % 2 ** 32;
      this.#counter[1] = Math.floor(block / 2 ** 32);
      philox(this.#key, this.#counter, this.#block);
    }
    return this.#block[this.#next++ % 4]!;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return uniformOf(this.word(), this.word());
  }

  /** Uniform whole number in [0, bound), without bias, bound ≤ 2³². */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % bound;
    }
  }
}

/** 0 … n − 1 in random order (Fisher–Yates). */
export function permutation(n: number, sequence: Sequence): Uint32Array {
  const words = new RandomWords(sequence);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = words.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/**
 * `count` numbers of the standard normal distribution cut at ±2: rejection from the uniform on [−2, 2] under
 * exp(−x²/2). The exponential is evaluated by a series, because Math.exp may differ between builds in the last bit.
 */
export function truncatedNormal(count: number, { seed, purpose, stream }: Sequence): Float64Array {
  const key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)] as const;
  const counter: [number, number, number, number] = [0, 0, stream, purpose];
  // Each trial takes two uniform numbers, which are one block of words.
  const block = new Uint32Array(4);
  const values = new Float64Array(count);
  for (let i = 0; i < count; counter[0]++) {
    philox(key, counter, block);
    const x = 4 * uniformOf(block[0]!, block[1]!) - 2;
    if (isBelowBell(uniformOf(block[2]!, block[3]!), x)) values[i++] = x;
  }
  return values;
}

/** Of what bounds the bell, far more than rounding makes. */
const margin = 1e-12;

/** u < exp(−x²/2), for −2 ≤ x ≤ 2. Two terms of the series at 0 that follow each other mostly tell, at a part of the time. */
function isBelowBell(u: number, x: number): boolean {
  const h = (x * x) / 2;
  const lower = 1 - h * (1 - h * (1 / 2) * (1 - h * (1 / 3) * (1 - h * (1 / 4) * (1 - h * (1 / 5)))));
  if (u < lower - margin) return true;
  const cube = h * h * h;
  if (u > lower + cube * cube * (1 / 720) + margin) return false;
  return u < exponential(-h);
}

/** exp(x) for −2 ≤ x ≤ 0 from +, · and / alone: (Taylor series at x/4)⁴, relative error below 1e-15. */
function exponential(x: number): number {
  const y = x / 4;
  let sum = 1;
  for (let i = 14; i >= 1; i--) sum = 1 + (y / i) * sum;
  const square = sum * sum;
  return square * square;
}
