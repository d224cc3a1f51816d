import { describe, expect, it } from 'vitest';
import { judge, judgeMetric, notCompared } from '../../../src/report/numbers/verdict.js';

describe('a metric within bounds', () => {
  const bounds = (min?: number, max?: number) =>
    ({ kind: 'bounds', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }) as const;

  it('may be as small or large as they are, and no more', () => {
    const verdict = (value: number) => judge(value, bounds(0.5, 0.75)).verdict;
    expect([0.5, 0.6, 0.75].map(verdict)).toEqual(['met', 'met', 'met']);
    expect(judge(0.25, bounds(0.5))).toMatchObject({
      expected: '≥ 0.5',
      got: '0.25',
      difference: '-0.25',
      verdict: 'OFF',
    });
    expect(judge(1, bounds(0.5, 0.75))).toMatchObject({
      ...{ expected: '≥ 0.5 ≤ 0.75', got: '1', difference: '0.25', verdict: 'OFF' },
    });
  });

  it('is a number, or it is off; without a result it is missing', () => {
    expect(judge('NaN', bounds(0))).toMatchObject({ got: 'NaN', verdict: 'OFF' });
    expect(judge('0.6', bounds(0.5))).toMatchObject({ got: '"0.6"', verdict: 'OFF' });
    expect(judge(undefined, bounds(undefined, 1))).toMatchObject({ expected: '≤ 1', got: '–', verdict: 'missing' });
  });
});

describe('a whole number beyond 2^53, which is kept as text', () => {
  const wanted = (value: number | string, tolerance = 0) => ({ kind: 'value', value, tolerance }) as const;

  it('is met exactly by its digits', () => {
    expect(judge('9007199254740993', wanted('9007199254740993')).verdict).toBe('met');
    expect(judge('9007199254740994', wanted('9007199254740993'))).toMatchObject({
      ...{ expected: '9007199254740993', got: '9007199254740994', verdict: 'OFF' },
    });
    expect(judge(2 ** 54, wanted(String(2n ** 54n))).verdict).toBe('met');
    expect(judge(2 ** 54, wanted(String(2n ** 54n + 1n))).verdict).toBe('OFF');
  });

  it('is the nearest number beside one, and within bounds', () => {
    expect(judge('9007199254740993', wanted(9.007199254740992e15)).verdict).toBe('met');
    expect(judge('9007199254740993', wanted(9e15, 1e13)).verdict).toBe('met');
    expect(judge('9007199254740993', { kind: 'bounds', min: 1 }).verdict).toBe('met');
    expect(judge('9007199254740993', { kind: 'bounds', max: 1 }).verdict).toBe('OFF');
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

  it('never reads like what it is not', () => {
    expect(judge(5.0000000001, value(5))).toMatchObject({ expected: '5', got: '5.0000000001', verdict: 'OFF' });
    expect(judge('5', value(5))).toMatchObject({ expected: '5', got: '"5"', verdict: 'OFF' });
    expect(judge(5, { ...value('5'), of: 's' })).toMatchObject({ expected: '"5" (s)', got: '5', verdict: 'OFF' });
    expect(judge(4.9999999999, { kind: 'bounds', min: 5 })).toMatchObject({
      ...{ expected: '≥ 5', got: '4.9999999999', difference: '-1.000000083e-10', verdict: 'OFF' },
    });
    expect(judge(5, value(5))).toMatchObject({ expected: '5', got: '5', verdict: 'met' });
  });

  it('that became NaN is off, whatever it is compared with', () => {
    expect(judge('NaN', { ...value('NaN'), of: 's' })).toMatchObject({ got: 'NaN', verdict: 'OFF' });
    const list = { kind: 'value', value: [1, Number.NaN], tolerance: 0, of: 's' } as const;
    expect(judge([1, Number.NaN], list).verdict).toBe('OFF');
    expect(judge('Infinity', value('Infinity')).verdict).toBe('met');
  });

  it('is compared as a text where one of them is no number, and missing where one of them is', () => {
    expect(judge('a', value('a'))).toMatchObject({ difference: '', verdict: 'met' });
    expect(judge(1, value('1')).verdict).toBe('OFF');
    expect(judge(1, value(undefined)).verdict).toBe('missing');
    expect(judge(undefined, { ...value(1), of: 'ann' })).toMatchObject({ expected: '1 (ann)', verdict: 'missing' });
  });
});

it('a number of another run is shown, and not compared', () => {
  expect(notCompared({ expected: '1', got: '2', difference: '1', interval: '', verdict: 'OFF' })).toEqual({
    ...{ expected: '1', got: '2', difference: '', interval: '', verdict: 'n/a' },
  });
});

describe('a metric over repetitions', () => {
  const value = (of: number | string, tolerance = 0) => ({ kind: 'value', value: of, tolerance }) as const;
  const runs = (...values: (number | string | undefined)[]) =>
    values.map((x) => [x === undefined ? undefined : { x, word: x }]);

  it('is compared by its mean, with the interval beside it', () => {
    expect(judgeMetric(runs(0.84, 0.85, 0.86), 'x', value(0.853, 0.005))).toEqual({
      ...{ expected: '0.853 ± 0.005', got: '0.850', interval: '0.825–0.875 (t, s 0.010, n 3)' },
      ...{ difference: '-0.003', verdict: 'met' },
    });
    // None of them would do alone.
    expect(judgeMetric(runs(0.8, 0.9), 'x', value(0.85, 0.01)).verdict).toBe('met');
    expect(judgeMetric(runs(0.1, 0.1, 0.1), 'x', value(0.1))).toMatchObject({ got: '0.1', verdict: 'met' });
  });

  it('is missing as long as one of them is', () => {
    expect(judgeMetric(runs(0.84, undefined, 0.86), 'x', value(0.85))).toMatchObject({
      ...{ got: '0.85 (2 of 3)', interval: '0.72–0.98 (t, s 0.01, n 2)', difference: '', verdict: 'missing' },
    });
    expect(judgeMetric(runs(undefined, undefined), 'x', value(1))).toMatchObject({ got: '–', verdict: 'missing' });
  });

  it('of one run is its value, an accuracy with the interval that its images allow', () => {
    const judged = judgeMetric([[{ accuracy: 0.8412, images: 1000 }]], 'accuracy', value(0.84, 0.01));
    expect(judged).toMatchObject({ got: '0.8412', interval: '0.817–0.862 (Wilson)', verdict: 'met' });
    expect(judgeMetric(runs(3), 'x', value(3))).toMatchObject({ got: '3', interval: '', verdict: 'met' });
  });

  it('that is no number has no mean: all must be as expected', () => {
    expect(judgeMetric(runs('a', 'a'), 'word', value('a')).verdict).toBe('met');
    expect(judgeMetric(runs('a', 'b'), 'word', value('a'))).toMatchObject({ got: 'b', verdict: 'OFF' });
    expect(judgeMetric(runs('a', undefined, 'a'), 'word', value('a'))).toMatchObject({
      ...{ got: 'a (2 of 3)', verdict: 'missing' },
    });
    expect(judgeMetric(runs('b', undefined), 'word', value('a')).verdict).toBe('OFF');
  });
});
