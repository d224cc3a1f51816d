import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Folded, foldChannel, levelThreshold } from '../../src/exchange/nir/fold.js';

/** Spikes for a whole membrane, as single precision has them. */
const spikes = ({ scale, bias }: Folded, membrane: number, levels: number) => {
  const value = Math.fround(Math.fround(Math.fround(scale) * membrane) + Math.fround(bias));
  return Array.from({ length: levels }, (_, level) => value > levelThreshold(level)).filter(Boolean).length;
};

describe('thresholds that are folded into a scale and a bias', () => {
  it('decide as before in single precision, for whole membranes', () => {
    // Thresholds of batch norm lie on a line, and are rounded up.
    const lines = fc.record({
      levels: fc.integer({ min: 1, max: 8 }),
      first: fc.double({ min: -300, max: 300, noNaN: true }),
      step: fc.double({ min: 1e-3, max: 60, noNaN: true }),
    });
    fc.assert(
      fc.property(lines, ({ levels, first, step }) => {
        const thresholds = Array.from({ length: levels }, (_, level) => Math.ceil(first + step * level));
        const folded = foldChannel(thresholds, true);
        for (const threshold of thresholds)
          for (const membrane of [threshold - 1, threshold, threshold + 1, -2000, 2000])
            expect(spikes(folded, membrane, levels)).toBe(thresholds.filter((value) => membrane >= value).length);
      }),
    );
  });

  it('are numbers whose sums are exact, where membranes are whole', () => {
    const { scale, bias } = foldChannel([-3, 4, 12, 19], true);
    const step = 2 ** -16;
    expect([scale / step, bias / step].every(Number.isInteger)).toBe(true);
  });

  it('keep channels that always send the same', () => {
    const [never, always] = [2 ** 31 - 1, -(2 ** 31)];
    expect(foldChannel([always, always, never], true)).toEqual({ scale: 0, bias: 2 });
    expect(foldChannel([Number.POSITIVE_INFINITY], false)).toEqual({ scale: 0, bias: 0 });
  });
});
