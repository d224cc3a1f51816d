import { expect, it } from 'vitest';
import { groupsOf } from '../../../src/report/content/groups.js';
import { trainingsOf } from '../../../src/report/content/trainings.js';
import { annResults, history, snnResults } from '../examples.js';

const run = annResults()[2]!; // k1B2
const names = (labels: readonly Record<string, string>[], repeat: readonly string[] = []) =>
  groupsOf(
    labels.map((own) => ({ result: run, labels: own, digest: '' })),
    repeat,
  ).map(({ name, samples }) => `${name}: ${samples.length}`);

it('results are called by what they differ in, and by nothing that they say themselves', () => {
  expect(names([{ precision: 'k1B2', k: '1', B: '2', only: 'one' }])).toEqual(['k1B2: 1']);
  expect(names(['0.1', '0.2'].map((rate) => ({ precision: 'k1B2', rate })))).toEqual([
    ...['k1B2, rate=0.1: 1', 'k1B2, rate=0.2: 1'],
  ]);
  // Numbers that are also in the name of the precision.
  expect(names(['1', '2'].map((epochs) => ({ epochs })))).toEqual(['k1B2, epochs=1: 1', 'k1B2, epochs=2: 1']);
  // Its own name of a precision is said beside it.
  expect(names([{ precision: 'small' }, { precision: 'large' }])).toEqual([
    ...['k1B2, precision=small: 1', 'k1B2, precision=large: 1'],
  ]);
  const seeds = ['1', '2', '3'].map((seed) => ({ seed, rate: '0.1' }));
  expect(names(seeds, ['seed'])).toEqual(['k1B2: 3']);
  expect(names(seeds)).toHaveLength(3);
  expect(names([{}, {}])).toEqual(['k1B2 (1): 1', 'k1B2 (2): 1']);
});

it('noise is a place of its own, by precision in the order of the paper', () => {
  const items = snnResults([0.1, 0]).map((result) => ({
    ...{ result, digest: '' },
    labels: { noise: String(result.noise), precision: result.precision },
  }));
  expect(groupsOf(items.toReversed(), []).map(({ name, noise }) => `${name} ${noise}`)).toEqual([
    ...['k0B1 0', 'k0B1 0.1', 'k1B2 0', 'k1B2 0.1'],
  ]);
});

it('trainings are joined from their parts, one a repetition', () => {
  const part = (labels: Record<string, string>, first: number, last: number) => ({
    ...{ result: history('any', first, last), labels, digest: '' },
  });
  const items = ['1', '2'].flatMap((seed) => [
    part({ precision: 'k1B2', rate: 'a', seed }, 3, 4),
    part({ precision: 'k1B2', rate: 'a', seed }, 1, 2),
    part({ precision: 'fp32', rate: 'b', seed }, 1, 2),
  ]);
  const shown = (repeat: readonly string[]) =>
    trainingsOf(items, repeat).map(
      ({ name, trainings }) => `${name}: ${trainings.map(({ epochs }) => epochs.length).join(' ')}`,
    );
  expect(shown(['seed'])).toEqual(['FP32, rate=b: 2 2', 'k1B2, rate=a: 4 4']);
  expect(shown([])).toEqual([
    ...['FP32, rate=b, seed=1: 2', 'FP32, rate=b, seed=2: 2', 'k1B2, rate=a, seed=1: 4', 'k1B2, rate=a, seed=2: 4'],
  ]);
  // Two of one epoch are two trainings.
  const twice = [part({}, 1, 2), part({}, 2, 3)];
  expect(trainingsOf(twice, []).map(({ name }) => name)).toEqual(['training (1)', 'training (2)']);
});
