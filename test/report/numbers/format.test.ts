import { expect, it } from 'vitest';
import { accuracyRange, logRange } from '../../../src/report/charts/scales.js';
import { compact, grouped, percent } from '../../../src/report/numbers/format.js';
import { comparePrecisions } from '../../../src/report/numbers/group.js';

it('numbers read the same everywhere', () => {
  expect([0, 999, 26_880, 126_222_336, 18_586.6].map(grouped)).toEqual(['0', '999', '26,880', '126,222,336', '18,587']);
  expect([0, 7, 999.4, 999.6, 5_666_338, 27_879_201, 4_843_212_160, 2e12].map(compact)).toEqual([
    ...['0', '7', '999', '1 k', '5.67 M', '27.9 M', '4.84 G', '2 T'],
  ]);
  expect(percent(0.9191)).toBe('91.91');
});

it('accuracy axes lie closely around the values', () => {
  expect(accuracyRange([89.12, 92.85])).toEqual({ min: 89, max: 93, interval: 1 });
  expect(accuracyRange([99.27, 99.52])).toEqual({ min: 99.2, max: 99.6, interval: 0.1 });
  expect(accuracyRange([10, 92])).toEqual({ min: 0, max: 100, interval: 20 });
  expect(accuracyRange([100])).toEqual({ min: 99.9, max: 100, interval: 0.1 });
  expect(accuracyRange([0])).toEqual({ min: 0, max: 0.1, interval: 0.1 });
});

it('logarithmic axes span whole powers of ten', () => {
  expect(logRange([5e6, 1.2e8])).toEqual({ min: 1e6, max: 1e9 });
  expect(logRange([0, 10])).toEqual({ min: 1, max: 100 });
});

it('precisions are in the order of the paper', () => {
  expect(['k10B1', 'k1B4', 'other', 'k1B2', 'fp32', 'k0B4', 'k2B1'].sort(comparePrecisions)).toEqual([
    ...['fp32', 'k0B4', 'k1B2', 'k1B4', 'k2B1', 'k10B1', 'other'],
  ]);
});
