import { expect, it } from 'vitest';
import { compact, grouped, percent } from '../../../src/report/numbers/format.js';
import { comparePrecisions } from '../../../src/report/numbers/group.js';

it('numbers read the same everywhere', () => {
  expect([0, 999, 26_880, 126_222_336, 18_586.6].map(grouped)).toEqual(['0', '999', '26,880', '126,222,336', '18,587']);
  expect([0, 7, 999.4, 999.6, 5_666_338, 27_879_201, 4_843_212_160, 2e12].map(compact)).toEqual([
    ...['0', '7', '999', '1 k', '5.67 M', '27.9 M', '4.84 G', '2 T'],
  ]);
  expect(percent(0.9191)).toBe('91.91');
});

it('precisions are in the order of the paper', () => {
  expect(['k10B1', 'k1B4', 'other', 'k1B2', 'fp32', 'k0B4', 'k2B1'].sort(comparePrecisions)).toEqual([
    ...['fp32', 'k0B4', 'k1B2', 'k1B4', 'k2B1', 'k10B1', 'other'],
  ]);
});
