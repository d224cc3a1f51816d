import { expect, it } from 'vitest';
import { accuracyRange, logRange } from '../../../src/report/charts/scales.js';

it('accuracy axes lie closely around the values', () => {
  expect(accuracyRange([89.12, 92.85])).toEqual({ min: 89, max: 93, interval: 1 });
  expect(accuracyRange([99.27, 99.52])).toEqual({ min: 99.2, max: 99.6, interval: 0.1 });
  expect(accuracyRange([10, 92])).toEqual({ min: 0, max: 100, interval: 20 });
  expect(accuracyRange([100])).toEqual({ min: 99.9, max: 100, interval: 0.1 });
  expect(accuracyRange([0])).toEqual({ min: 0, max: 0.1, interval: 0.1 });
});

it.each([
  [0.55, 0.1],
  [1.1, 0.2],
  [2.9, 0.5],
  [5.9, 1],
  [11.5, 2],
  [29, 5],
  [59, 10],
  [61, 20],
])('an axis over %f points of accuracy has a line every %f', (span, interval) => {
  const { min, max, interval: found } = accuracyRange([30, 30 + span]);
  expect(found).toBe(interval);
  expect([min <= 30, max >= 30 + span, (max - min) / interval <= 8]).toEqual([true, true, true]);
});

it('logarithmic axes span whole powers of ten', () => {
  expect(logRange([5e6, 1.2e8])).toEqual({ min: 1e6, max: 1e9 });
  expect(logRange([0, 10])).toEqual({ min: 1, max: 100 });
});
