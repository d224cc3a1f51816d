import { describe, expect, it } from 'vitest';
import { compareCells, meetsComparison, parseCondition } from '../../src/results/conditions.js';

describe('values of results', () => {
  it('are compared as numbers where both are, else as texts', () => {
    const order = (a: string | number, b: string | number) => Math.sign(compareCells(a, b));
    expect([order(9, '10'), order('9', '10'), order('1e3', 999), order('b', 'a'), order('9a', '10')]).toEqual([
      ...[-1, -1, 1, 1, 1],
    ]);
    expect([order('', 0), order('x', 0), order(0.5, 0.5), order('', '')]).toEqual([-1, 1, 0, 0]);
    expect([compareCells(1, 2, -1) > 0, compareCells('a', 'b', -1) > 0]).toEqual([true, true]);
    expect(compareCells(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(0);
    const [long, next] = ['9007199254740993', '9007199254740994'];
    expect([order(long, next), order(next, long), order(long, long), order('-9007199254740993', long)]).toEqual([
      ...[-1, 1, 0, -1],
    ]);
  });

  it('that are missing come last in both directions', () => {
    for (const missing of [undefined, null, Number.NaN, 'NaN'])
      for (const direction of [1, -1] as const)
        expect([2, missing, 1].sort((a, b) => compareCells(a, b, direction)).at(-1)).toBe(missing);
  });

  it('meet comparisons', () => {
    const met = (comparison: string) => [-1, 0, 1].map((order) => meetsComparison(order, comparison, []));
    expect(Object.fromEntries(['=', '!=', '<', '<=', '>', '>='].map((one) => [one, met(one)]))).toEqual({
      '=': [false, true, false],
      '!=': [true, false, true],
      '<': [true, false, false],
      '<=': [true, true, false],
      '>': [false, false, true],
      '>=': [false, true, true],
    });
  });

  it('are neither more nor less than another where they are NaN, as a number or the text that records keep', () => {
    for (const value of [Number.NaN, 'NaN'])
      for (const cells of [
        [value, '0'],
        [0, 'NaN'],
      ] as const)
        for (const comparison of ['=', '!=', '<', '<=', '>', '>='])
          expect(meetsComparison(compareCells(cells[0], cells[1]), comparison, cells), comparison).toBe(
            comparison === '!=',
          );
    expect(meetsComparison(compareCells('NaN', 'NaN'), '=', ['NaN', 'NaN'])).toBe(true);
  });

  it('are named by conditions', () => {
    expect(parseCondition(' accuracy >= 0.9 ')).toEqual({ name: 'accuracy', comparison: '>=', value: '0.9' });
    expect(parseCondition('a=b=c')).toEqual({ name: 'a', comparison: '=', value: 'b=c' });
    expect(parseCondition('accuracy')).toBeUndefined();
    expect(parseCondition('=1')).toBeUndefined();
  });

  it('are compared by functions that pages can take over as they stand', () => {
    const alone = (source: unknown) => new Function(`return (${String(source)})`)() as typeof compareCells;
    expect(alone(compareCells)('9', 10)).toBe(-1);
    expect((alone(meetsComparison) as unknown as typeof meetsComparison)(0, '<=', [1, 1])).toBe(true);
    expect((alone(parseCondition) as unknown as typeof parseCondition)('a=1')?.name).toBe('a');
  });
});
