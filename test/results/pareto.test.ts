import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoFront } from '../../src/results/pareto.js';

const both = [
  { metric: 'accuracy', better: 'more' },
  { metric: 'sops', better: 'less' },
] as const;

describe('the Pareto front', () => {
  it('has those that no other is better than', () => {
    const values = [
      [0.9, 100],
      [0.8, 50],
      [0.8, 60],
      [0.7, 50],
      [0.95, 200],
    ];
    expect(paretoFront(values, both)).toEqual([true, true, false, false, true]);
  });

  it('has equals, and nothing without a number', () => {
    expect(
      paretoFront(
        [
          [1, 1],
          [1, 1],
          [2, undefined],
          ['3', 0],
          [Number.NaN, 0],
        ],
        both,
      ),
    ).toEqual([...[true, true, false, false, false]]);
  });

  it('has one at least, and each that is not on it is worse than one that is', () => {
    const numbers = fc.array(fc.tuple(fc.integer({ max: 9, min: 0 }), fc.integer({ max: 9, min: 0 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(numbers, (values) => {
        const front = paretoFront(values, both);
        const on = values.filter((_, i) => front[i]);
        expect(on.length).toBeGreaterThan(0);
        for (const [i, [a, s]] of values.entries())
          expect(front[i]).toBe(!on.some(([x, y]) => x >= a && y <= s && (x > a || y < s)));
      }),
    );
  });
});
