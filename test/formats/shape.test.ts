import { describe, expect, it } from 'vitest';
import { areFinite } from '../../src/formats/shape.js';

describe('areFinite', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('finds %s at any place', (value) => {
    for (let place = 0; place < 5; place++) {
      const values = Float32Array.of(1, -3.4e38, 3.4e38, -0, 1e-45);
      expect(areFinite(values)).toBe(true);
      values[place] = value;
      expect(areFinite(values)).toBe(false);
    }
  });

  it('has nothing to find in none', () => {
    expect(areFinite(new Float32Array(0))).toBe(true);
  });
});
