import { expect, it } from 'vitest';
import {
  intervalText,
  percentEstimate,
  pointsEstimate,
  ratioText,
  ratioTo,
  roundedTo,
  spreadText,
} from '../../../src/report/numbers/estimates.js';
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

it('has ratios with the digits and the interval of what they are divided by', () => {
  const energy = { n: 3, mean: 0.068, sd: 0.003, interval: { low: 0.06, high: 0.076, method: 't' as const } };
  const ratio = ratioTo(1.27, energy);
  expect(ratioText(ratio)).toBe('18.7 × (16.7–21.2)');
  // One run tells no interval, and equal ones have none; an energy that may be 0 has no largest ratio.
  expect(ratioText(ratioTo(1.27, { n: 1, mean: 0.068 }))).toBe('18.7 ×');
  expect(ratioText(ratioTo(1.27, { ...energy, interval: { ...energy.interval, low: 0.068, high: 0.068 } }))).toBe(
    '18.7 ×',
  );
  expect(ratioText(ratioTo(1.27, { ...energy, interval: { ...energy.interval, low: -0.1 } }))).toBe('18.7 ×');
  expect([roundedTo(75_512, 9_000), roundedTo(0.007552, 0.0009), roundedTo(75_512, 0)]).toEqual([
    76_000, 0.0076, 75_512,
  ]);
});
