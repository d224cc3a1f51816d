import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchNorm, quantisedLevel } from '../../src/network/quantise.js';
import { ternarise, ternaryThreshold } from '../../src/network/ternary.js';

describe('ternary weights', () => {
  it('take the sign of weights from 0.7 times the mean magnitude on', () => {
    const weights = Float32Array.of(1, -1, 0.5, -0.5, 0.125, 0);
    for (const channels of [1, 2, 3, 6]) {
      expect(ternaryThreshold(weights, channels)).toBe(Math.fround(0.7 * (3.125 / 6)));
      expect([...ternarise(weights, channels)]).toEqual([1, -1, 1, -1, 0, 0]);
    }
  });

  it('are their own ternary form', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1 }), (values) => {
        const weights = Float32Array.from(values);
        // All zeros have the threshold 0, which every weight reaches.
        fc.pre(values.some((value) => value !== 0));
        expect([...ternarise(weights, 1)]).toEqual(values);
      }),
    );
  });
});

describe('quantised activations', () => {
  const identity = { gamma: Math.fround(Math.sqrt(1 + 1e-5)), beta: 0, mean: 0, variance: 1 };

  it('are levels of ReLU, bounded and rounded half up', () => {
    expect(batchNorm(3, { gamma: 2, beta: 1, mean: 2, variance: 4 - 1e-5 })).toBe(2);
    const half = { ...identity, gamma: 1, variance: 1 - 1e-5 };
    expect([-1, 0, 0.24, 0.25, 0.74, 0.75, 1.8, 9].map((z) => quantisedLevel(z, half, 2, 4))).toEqual([
      0, 0, 0, 1, 1, 2, 4, 4,
    ]);
  });

  it('grow with z where γ > 0', () => {
    const real = fc.double({ noNaN: true, min: -100, max: 100 });
    fc.assert(
      fc.property(real, real, fc.double({ noNaN: true, min: 1e-6, max: 10 }), (a, b, gamma) => {
        const norm = { ...identity, gamma, beta: 0.3, mean: 1.7 };
        const [low, high] = [a, b].map((z) => quantisedLevel(z, norm, 2, 8));
        expect(a <= b ? low! <= high! : high! <= low!).toBe(true);
      }),
    );
  });
});
