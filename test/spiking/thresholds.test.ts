import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChannelNorm, quantisedLevel } from '../../src/network/quantise.js';
import { doubleThresholds, idealThreshold, integerThresholds } from '../../src/spiking/thresholds.js';

const float = (options: { min: number; max: number }) =>
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(options.min), max: Math.fround(options.max) });

/** Sound batch norms of γ > 0, extreme ones among them: γ down to the smallest float, variance down to 0. */
const anyNorm: fc.Arbitrary<ChannelNorm> = fc.record({
  gamma: fc.oneof(float({ min: 0.01, max: 4 }), float({ min: 1e-45, max: 1e30 })),
  beta: fc.oneof(float({ min: -1, max: 1 }), fc.constantFrom(0, 0.25, 0.5, 0.75, 1)),
  mean: fc.oneof(float({ min: -30, max: 30 }), fc.integer({ min: -50, max: 50 })),
  variance: fc.oneof(float({ min: 0, max: 500 }), fc.constant(0)),
});

const anyScale = fc
  .record({ k: fc.nat(2), B: fc.integer({ min: 1, max: 4 }) })
  .map(({ k, B }) => ({ n: 2 ** k, levels: 2 ** k * B }));

describe('thresholds', () => {
  it('of integer membranes are reached exactly where the ANN decides for the level', () => {
    fc.assert(
      fc.property(anyNorm, anyScale, (norm, { n, levels }) => {
        const { values } = integerThresholds(norm, n, levels);
        for (const [level, threshold] of values.entries())
          for (const m of [threshold - 1, threshold, threshold + 1].filter((value) => Math.abs(value) < 2 ** 31 - 1))
            expect(m >= threshold).toBe(quantisedLevel(m / n, norm, n, levels) > level);
      }),
      { numRuns: 2000 },
    );
  });

  it('of real membranes are reached exactly where the ANN decides for the level', () => {
    fc.assert(
      fc.property(anyNorm, anyScale, (norm, { n, levels }) => {
        const { values } = doubleThresholds(norm, n, levels);
        for (const [level, threshold] of values.entries())
          for (const m of [below(threshold), threshold])
            expect(m >= threshold).toBe(quantisedLevel(m / n, norm, n, levels) > level);
      }),
      { numRuns: 2000 },
    );
  });

  it('are corrected where the formula rounds to the other side', () => {
    // The formula says 0, but γ is so small beside β that BN(−8) + ½ still rounds to 1 in double precision.
    const norm = { gamma: 1e-17, beta: 0.5, mean: 0, variance: 1 };
    expect(idealThreshold(0, norm, 1)).toBe(0);
    expect(integerThresholds(norm, 1, 1)).toEqual({ values: [-8], corrected: 1 });
  });

  it('of a constant channel are always or never reached', () => {
    const norm = { gamma: 0, beta: 0.75, mean: 3, variance: 1 };
    expect(integerThresholds(norm, 2, 4).values).toEqual([-(2 ** 31), -(2 ** 31), 2 ** 31 - 1, 2 ** 31 - 1]);
    const [never, always] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(doubleThresholds(norm, 2, 4).values).toEqual([always, always, never, never]);
  });
});

/** The next smaller double. */
function below(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  if (value === 0) return -Number.MIN_VALUE;
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}
