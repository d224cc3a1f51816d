import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { byClass, discordance } from '../../src/results/confusion.js';
import { byRepetition, estimateMetric, pairedDifferences } from '../../src/results/repetitions.js';
import { estimate, mean, pairedDifference, proportion, studentQuantile } from '../../src/results/statistics.js';

/** What SciPy and statsmodels say: made by statistics.py. */
const scipy = JSON.parse(readFileSync(new URL('statistics.json', import.meta.url), 'utf8')) as {
  t: [freedom: number, quantile: number][];
  samples: { values: number[]; mean: number; sd: number; low: number; high: number }[];
  wilson: { hits: number; trials: number; low: number; high: number }[];
  tango: { gained: number; lost: number; trials: number; low: number; high: number; mcnemar: number }[];
  paired: { first: number[]; second: number[]; low: number; high: number; p: number }[];
};

const close = (value: number | undefined, expected: number) => expect(value).toBeCloseTo(expected, 11);

describe('statistics', () => {
  it("have SciPy's quantiles of Student's t", () => {
    for (const [freedom, quantile] of scipy.t) close(studentQuantile(freedom), quantile);
  });

  it("have SciPy's mean, standard deviation and interval of repetitions", () => {
    for (const { values, ...wanted } of scipy.samples) {
      const { n, mean: middle, sd, interval } = estimate(values);
      expect([n, interval?.method]).toEqual([values.length, 't']);
      close(middle, wanted.mean);
      close(sd, wanted.sd);
      close(interval?.low, wanted.low);
      close(interval?.high, wanted.high);
    }
  });

  it("have SciPy's interval of a share, by Wilson", () => {
    for (const { hits, trials, low, high } of scipy.wilson) {
      const found = proportion(hits, trials);
      expect(found).toMatchObject({ n: 1, mean: hits / trials, interval: { method: 'wilson' } });
      close(found.interval?.low, low);
      close(found.interval?.high, high);
    }
  });

  it("have SciPy's interval of the difference of two shares of the same images, and McNemar's verdict", () => {
    for (const { gained, lost, trials, low, high, mcnemar } of scipy.tango) {
      const { mean: difference, interval } = pairedDifference(gained, lost, trials);
      expect(difference).toBe((gained - lost) / trials);
      expect(interval?.low).toBeCloseTo(low, 9);
      expect(interval?.high).toBeCloseTo(high, 9);
      expect(interval!.low > 0 || interval!.high < 0).toBe(mcnemar < 0.05);
    }
    // The other way round it is the same.
    const [there, back] = [pairedDifference(12, 2, 80).interval!, pairedDifference(2, 12, 80).interval!];
    close(there.low, -back.high);
    close(there.high, -back.low);
  });

  it("have statsmodels' interval of paired repetitions", () => {
    for (const { first, second, low, high } of scipy.paired) {
      const values = (of: number[]) => new Map(of.map((value, seed) => [`seed=${seed}`, value]));
      const { interval } = estimate(pairedDifferences(values(first), values(second))!);
      close(interval?.low, low);
      close(interval?.high, high);
    }
    expect(pairedDifferences(new Map([['seed=1', 1]]), new Map([['seed=2', 1]]))).toBeUndefined();
  });

  it('count the images that only one of two results has recognised', () => {
    const labels = Array.from({ length: 21 }, (_, i) => i % 3);
    const results = [1, 5].map((every) => {
      const predictions = labels.map((label, i) => (i % every === 0 ? label : (label + 1) % 3));
      return { images: 21, ...byClass(labels, predictions, 3) };
    });
    const [all, some] = results as [(typeof results)[number], (typeof results)[number]];
    expect(discordance(all, some)).toEqual({ gained: 16, lost: 0 });
    expect(discordance(some, all)).toEqual({ gained: 0, lost: 16 });
    const others = {
      images: 21,
      ...byClass(
        labels.map(() => 0),
        labels,
        3,
      ),
    };
    expect([discordance(all, others), discordance(all, { images: 21 })]).toEqual([undefined, undefined]);
  });

  it('say of one value nothing but the value, and of equal ones exactly that', () => {
    expect(estimate([0.5])).toEqual({ n: 1, mean: 0.5 });
    expect(estimate([0.1, 0.1, 0.1])).toEqual({
      n: 3,
      mean: 0.1,
      sd: 0,
      interval: { low: 0.1, high: 0.1, method: 't' },
    });
    expect(estimate([0.3, 0.1 + 0.2])).toMatchObject({ sd: 0 });
    expect(() => mean([])).toThrow(RangeError);
  });
});

describe('a metric over repetitions', () => {
  const tasks = [1, 2, 3].flatMap((seed) =>
    ['a', 'b'].map((draw) => ({ labels: { rate: '1', seed: `${seed}`, draw }, metrics: { loss: seed, word: 'x' } })),
  );

  it('has as many of them as the first axis has values', () => {
    const [group, ...others] = byRepetition(tasks, ['seed', 'draw']);
    expect([others, group!.labels]).toEqual([[], { rate: '1' }]);
    const samples = group!.samples.map((sample) => sample.map(({ metrics }) => metrics));
    expect(estimateMetric(samples, 'loss')).toMatchObject({ n: 3, mean: 2, sd: 1 });
    expect(estimateMetric(samples, 'word')).toBeUndefined();
    expect(estimateMetric([], 'loss')).toBeUndefined();
    // With one value left on it, the next axis repeats.
    const one = byRepetition(tasks.slice(0, 2), ['seed', 'draw']);
    expect(one[0]!.samples).toHaveLength(2);
    expect(byRepetition(tasks, [])).toHaveLength(6);
  });

  it('is that of its seeds where one task had several, and of its images if it is an accuracy', () => {
    const run = { accuracy: 0.5, images: 10, accuracyBySeed: [0.4, 0.6] };
    expect(estimateMetric([[run]], 'accuracy')).toMatchObject({ n: 2, mean: 0.5, interval: { method: 't' } });
    expect(estimateMetric([[{ accuracy: 0.5, images: 10 }]], 'accuracy')).toEqual(proportion(5, 10));
    expect(estimateMetric([[{ accuracy: 0.5 }]], 'accuracy')).toEqual({ n: 1, mean: 0.5 });
    expect(estimateMetric([[run], [run]], 'accuracy')).toMatchObject({ n: 2, sd: 0 });
  });
});
