import { describe, expect, it } from 'vitest';
import { RemainingTime } from '../../src/data/remaining-time.js';

describe('the remaining of a download', () => {
  it('is that of the last while, and leaves out what was there before', () => {
    const remaining = new RemainingTime();
    // Half of it is there from yesterday, and a kilobyte comes each second.
    expect(remaining.left(500_000, 1_000_000, 0)).toBeUndefined();
    for (let second = 1; second <= 60; second++) {
      const left = remaining.left(500_000 + second * 1000, 1_000_000, second * 1000);
      if (second >= 3) expect(left).toBeCloseTo(500 - second, 6);
      else expect(left).toBeUndefined();
    }
    // Then ten times as much.
    for (let second = 61; second <= 90; second++)
      remaining.left(560_000 + (second - 60) * 10_000, 1_000_000, second * 1000);
    expect(remaining.left(870_000, 1_000_000, 91_000)).toBeCloseTo(13, 6);
  });

  it('is unknown where nothing comes', () => {
    const remaining = new RemainingTime();
    remaining.left(0, 100, 0);
    expect(remaining.left(0, 100, 10_000)).toBeUndefined();
  });
});
