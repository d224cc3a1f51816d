import { describe, expect, it } from 'vitest';
import { judge, notCompared } from '../../../src/report/numbers/verdict.js';

describe('a metric within bounds', () => {
  const bounds = (min?: number, max?: number) =>
    ({ kind: 'bounds', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }) as const;

  it('may be as small or large as they are, and no more', () => {
    const verdict = (value: number) => judge(value, bounds(0.5, 0.75)).verdict;
    expect([0.5, 0.6, 0.75].map(verdict)).toEqual(['met', 'met', 'met']);
    expect(judge(0.25, bounds(0.5))).toEqual({ expected: '≥ 0.5', got: '0.25', difference: '-0.25', verdict: 'OFF' });
    expect(judge(1, bounds(0.5, 0.75))).toEqual({
      ...{ expected: '≥ 0.5 ≤ 0.75', got: '1', difference: '0.25', verdict: 'OFF' },
    });
  });

  it('is a number, or it is off; without a result it is missing', () => {
    expect(judge('NaN', bounds(0))).toMatchObject({ got: 'NaN', verdict: 'OFF' });
    expect(judge(undefined, bounds(undefined, 1))).toMatchObject({ expected: '≤ 1', got: '–', verdict: 'missing' });
  });
});

describe('a metric beside a value', () => {
  const value = (of: number | string | undefined, tolerance = 0) => ({ kind: 'value', value: of, tolerance }) as const;

  it('may be off by the tolerance, and by the last bit of a sum', () => {
    expect(judge(0.75, value(0.5, 0.25)).verdict).toBe('met');
    expect(judge(0.3, value(0.1, 0.2)).verdict).toBe('met');
    expect(judge(0.1 + 0.2, value(0.2, 0.1)).verdict).toBe('met');
    expect(judge(0.751, value(0.5, 0.25))).toMatchObject({
      expected: '0.5 ± 0.25',
      difference: '0.251',
      verdict: 'OFF',
    });
    expect(judge(0.1 + 0.2, value(0.3)).verdict).toBe('OFF');
  });

  it('is compared as a text where one of them is no number, and missing where one of them is', () => {
    expect(judge('a', value('a'))).toMatchObject({ difference: '', verdict: 'met' });
    expect(judge(1, value('1')).verdict).toBe('OFF');
    expect(judge(1, value(undefined)).verdict).toBe('missing');
    expect(judge(undefined, { ...value(1), of: 'ann' })).toMatchObject({ expected: '1 (ann)', verdict: 'missing' });
  });
});

it('a number of another run is shown, and not compared', () => {
  expect(notCompared({ expected: '1', got: '2', difference: '1', verdict: 'OFF' })).toEqual({
    ...{ expected: '1', got: '2', difference: '', verdict: 'n/a' },
  });
});
