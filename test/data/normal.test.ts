import { describe, expect, it } from 'vitest';
import { normalLines, normalOf, tailQuantile } from '../../src/data/normal.js';
import { purposes, RandomWords } from '../../src/data/random.js';
import { constants } from '../../src/engine/wasm/kernels/constants.mjs';

/** scipy.stats.norm.isf of SciPy 1.17.1. */
const quantiles: readonly (readonly [p: number, z: number])[] = [
  [0.5, 0.0],
  [0.45, 0.12566134685507402],
  [0.3, 0.5244005127080409],
  [0.2, 0.8416212335729142],
  [0.1, 1.2815515655446004],
  [0.075, 1.4395314709384563],
  [0.05, 1.6448536269514729],
  [0.01, 2.3263478740408408],
  [0.001, 3.090232306167813],
  [1e-5, 4.264890793922825],
  [1e-7, 5.1993375821928165],
  [2.3283064365386963e-10, 6.230260137989043],
  [1.1641532182693481e-10, 6.3379577545537895],
];

describe('tailQuantile', () => {
  it('is what SciPy has', () => {
    for (const [p, z] of quantiles) expect(Math.abs(tailQuantile(p) - z)).toBeLessThanOrEqual(4e-15 * Math.max(1, z));
  });
});

describe('normalOf', () => {
  it('is the quantile of a word, to the precision that it says', () => {
    for (let bit = 0; bit < 31; bit++)
      for (const part of [0, 0.013, 0.37, 0.99]) {
        const below = Math.floor(2 ** bit * (1 + part));
        const size = tailQuantile((below + 0.5) / 2 ** 32);
        expect(Math.abs(normalOf(below) - size)).toBeLessThan(2e-4);
        expect(normalOf(below + 2 ** 31)).toBe(-normalOf(below));
      }
    expect(normalOf(0)).toBeGreaterThan(6.2);
    expect(normalOf(0)).toBeLessThan(6.4);
  });

  it('has the moments of the distribution, and its shares', () => {
    const words = new RandomWords({ seed: 1, purpose: purposes.membraneNoise, stream: 0 });
    const n = 200_000;
    const values = Float64Array.from({ length: n }, () => normalOf(words.word()));
    const mean = (of: (z: number) => number) => values.reduce((sum, z) => sum + of(z), 0) / n;
    // Five standard deviations of each: those of z, z² and z⁴ are 1, √2 and √96.
    const near = (found: number, expected: number, deviation: number) =>
      expect(Math.abs(found - expected)).toBeLessThan((5 * deviation) / Math.sqrt(n));
    near(
      mean((z) => z),
      0,
      1,
    );
    near(
      mean((z) => z ** 2),
      1,
      Math.SQRT2,
    );
    near(
      mean((z) => z ** 4),
      3,
      Math.sqrt(96),
    );
    for (const [p, z] of quantiles.filter(([share]) => share > 1e-4))
      near(
        mean((value) => (value > z ? 1 : 0)),
        p,
        Math.sqrt(p * (1 - p)),
      );
  });

  it('has as many segments as kernels read', () => {
    expect(normalLines.length).toBe(2 * 32 * 2 ** constants.segmentBits);
  });
});
