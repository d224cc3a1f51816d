import { expect, it } from 'vitest';
import { intervalText, percentEstimate, pointsEstimate, spreadText } from '../../../src/report/numbers/estimates.js';
import { estimate } from '../../../src/results/statistics.js';

it('a standard deviation is no 0 beside an interval that is many times as wide, as that of two values is', () => {
  // Half of the interval is 12.706 · 4.5 / √2 ≈ 40 points: figures in tens, and the deviation in ones.
  const two = estimate([0.27, 0.333]);
  expect(percentEstimate(two)).toBe('30 ± 40 (s 4, n 2)');
  expect(pointsEstimate(two)).toBe('+30 ± 40 (s 4, n 2)');
  expect(spreadText(two)).toBe('0.3 ± 0.4 (s 0.04)');
  expect(intervalText(two)).toMatch(/\(t, s 0\.04, n 2\)$/);
  const equal = estimate([0.3, 0.3]);
  expect(spreadText(equal)).toBe('0.3');
});
