import { describe, expect, it } from 'vitest';
import { arrayIndices, dependencyOptions, resourceOptions } from '../../../src/run/slurm/arguments.js';
import { type ArrayPlace, planArrays, stageSets } from '../../../src/run/slurm/arrays.js';
import { command, from, listFrom } from '../examples.js';

/** Plans arrays and shows them: indices with tasks, and what they wait for. */
function plan(
  tasks: ReturnType<typeof command>[],
  places: Readonly<Record<string, readonly [number, number]>> = {},
  group = 1,
) {
  const placeOf = (id: string): ArrayPlace<number> | undefined => {
    const place = places[id];
    return place && { array: place[0], index: place[1], elements: 9 };
  };
  return planArrays(tasks, placeOf, { largest: 1000, group }).map((one) => [
    Object.fromEntries(one.jobs.map(({ index, tasks }) => [index, tasks.map(({ id }) => id).join(' ')])),
    dependencyOptions(one)[0] ?? '',
  ]);
}

const kill = '--kill-on-invalid-dep=yes';

describe('arrays', () => {
  it('hold tasks that wait for nothing, or for the same', () => {
    const points = ['a@n=1', 'a@n=2'].map((id) => command(id, { inputs: { data: from('data') } }));
    expect(plan(points)).toEqual([[{ 0: 'a@n=1', 1: 'a@n=2' }, '']]);
    expect(plan(points, { data: [5, 0] })).toEqual([[{ 0: 'a@n=1', 1: 'a@n=2' }, '--dependency=afterok:5_0']]);
  });

  it('follow others index by index where each task waits for one of its own', () => {
    const points = [1, 2, 3].map((n) => command(`b@n=${n}`, { inputs: { a: from(`a@n=${n}`), data: from('data') } }));
    const places = { data: [4, 0], 'a@n=1': [7, 2], 'a@n=2': [7, 0], 'a@n=3': [7, 5] } as const;
    expect(plan(points, places)).toEqual(
      [[{ 0: 'b@n=2', 2: 'b@n=1', 5: 'b@n=3' }, '--dependency=afterok:4_0,aftercorr:7']].map(([tasks, after]) => [
        tasks,
        after,
      ]),
    );
  });

  it('are apart for tasks that wait and tasks that do not', () => {
    const points = [1, 2, 3].map((n) => command(`b@n=${n}`, { inputs: { a: from(`a@n=${n}`) } }));
    expect(plan(points, { 'a@n=1': [7, 0], 'a@n=2': [7, 1] })).toEqual([
      [{ 0: 'b@n=1', 1: 'b@n=2' }, '--dependency=aftercorr:7'],
      [{ 0: 'b@n=3' }, ''],
    ]);
  });

  it('are one for each set of jobs to wait for where indices do not fit', () => {
    const points = [1, 2].flatMap((n) =>
      ['x', 'y'].map((m) => command(`c@n=${n},m=${m}`, { inputs: { b: from(`b@n=${n}`) } })),
    );
    expect(plan(points, { 'b@n=1': [3, 0], 'b@n=2': [3, 1] })).toEqual([
      [{ 0: 'c@n=1,m=x', 1: 'c@n=1,m=y' }, '--dependency=afterok:3_0'],
      [{ 0: 'c@n=2,m=x', 1: 'c@n=2,m=y' }, '--dependency=afterok:3_1'],
    ]);
    const all = command('all', { inputs: { b: listFrom('b@n=1', 'b@n=2') } });
    expect(plan([all], { 'b@n=1': [3, 0], 'b@n=2': [3, 1] })).toEqual([[{ 0: 'all' }, '--dependency=afterok:3_0:3_1']]);
  });

  it('are no larger than Slurm takes them', () => {
    const sizes = planArrays(
      Array.from({ length: 2500 }, (_, i) => command(`a@i=${i}`)),
      () => undefined,
      { largest: 1000, group: 1 },
    );
    expect(sizes.map(({ jobs }) => [jobs.length, Math.max(...jobs.map(({ index }) => index))])).toEqual([
      [1000, 999],
      [1000, 999],
      [500, 499],
    ]);
  });

  it('have jobs of several tasks that wait for the same arrays, and follow such jobs one by one', () => {
    const a = [1, 2, 3, 4, 5].map((n) => command(`a@n=${n}`));
    expect(plan(a, {}, 2)).toEqual([[{ 0: 'a@n=1 a@n=2', 1: 'a@n=3 a@n=4', 2: 'a@n=5' }, '']]);
    const b = [1, 2, 3, 4, 5].map((n) => command(`b@n=${n}`, { inputs: { a: from(`a@n=${n}`) } }));
    const places = { 'a@n=1': [7, 0], 'a@n=2': [7, 0], 'a@n=3': [7, 1], 'a@n=4': [7, 1] } as const;
    expect(plan(b, places, 2)).toEqual([
      [{ 0: 'b@n=1 b@n=2', 1: 'b@n=3 b@n=4' }, '--dependency=aftercorr:7'],
      [{ 0: 'b@n=5' }, ''],
    ]);
    expect(plan(b, places, 3)).toEqual([
      [{ 0: 'b@n=1 b@n=2 b@n=3' }, '--dependency=afterok:7_0:7_1'],
      [{ 0: 'b@n=4' }, '--dependency=afterok:7_1'],
      [{ 0: 'b@n=5' }, ''],
    ]);
  });

  it('hold one stage with the same resources each', () => {
    const tasks = [command('a@n=1'), command('a@n=2', { resources: { cpus: 2 } }), command('b'), command('a@n=3')];
    expect(stageSets(tasks).map((set) => set.map(({ id }) => id))).toEqual([['a@n=1', 'a@n=3'], ['a@n=2'], ['b']]);
  });
});

describe('options of sbatch', () => {
  it('say what a task asks for, rounded up', () => {
    expect(resourceOptions({ cpus: 3, gpus: 2, memory: 1e9, time: 5401 }, {})).toEqual([
      ...['--cpus-per-task=3', '--mem=954M', '--gres=gpu:2', '--time=91', '--signal=B:USR2@60'],
    ]);
    expect(resourceOptions({}, {})).toEqual(['--cpus-per-task=1', '--signal=B:USR2@60']);
    expect(resourceOptions({ device: 'NVIDIA H200' }, {})).toContain('--gres=gpu:1');
    // A stage may name a graphics processor for all engines: those that compute on none ask for none.
    for (const [asked, option] of [
      [{ gpu: 'h200', device: 'NVIDIA H200' }, '--gres=gpu:h200:1'],
      [{ gpu: 'h200', gpus: 2 }, '--gres=gpu:h200:2'],
      [{ gpu: 'RTX 4090', gpus: 1 }, '--gres=gpu:1'],
      [{ gpu: 'RTX 4090', gpus: 1, gpuKind: 'rtx_4090' }, '--gres=gpu:rtx_4090:1'],
    ] as const)
      expect(resourceOptions(asked, {})).toContain(option);
    expect(resourceOptions({ gpu: 'h200' }, {})).toEqual(resourceOptions({}, {}));
    expect(resourceOptions({ time: 60 }, {})).toContain('--signal=B:USR2@15');
    expect(resourceOptions({ gpus: 2, gpuKind: 'a100' }, { constraint: 'amd' })).toEqual(
      expect.arrayContaining(['--gres=gpu:a100:2', '--constraint=amd']),
    );
  });

  it('say where jobs go, and what is extra last', () => {
    const settings = { partition: 'gpu', account: 'lab', qos: 'long', cpus: 8, extra: ['--constraint=amd'] };
    for (const cpus of ['all', 'any'] as const)
      expect(resourceOptions({ cpus }, settings)).toEqual([
        ...['--cpus-per-task=8', '--signal=B:USR2@60', '--partition=gpu', '--account=lab', '--qos=long'],
        '--constraint=amd',
      ]);
  });

  it('give up what can not begin any more', () => {
    const after = [{ array: 1, index: 2, elements: 9 }];
    expect(dependencyOptions({ after, corresponding: [3, 4] })).toEqual([
      '--dependency=afterok:1_2,aftercorr:3:4',
      kill,
    ]);
  });

  it('name arrays of which all must have succeeded', () => {
    const after = [1, 2].flatMap((array) => [0, 1].map((index) => ({ array, index, elements: array + 1 })));
    const plan = { after, corresponding: [] };
    expect(dependencyOptions(plan)[0]).toBe('--dependency=afterok:1:2_0:2_1');
    expect(dependencyOptions(plan, [], (array) => array - 1)[0]).toBe('--dependency=afterok:1:2');
  });

  it('have arrays follow others that may end as they like', () => {
    expect(dependencyOptions({ after: [], corresponding: [3] }, [3, 5])).toEqual([
      '--dependency=aftercorr:3,afterany:3:5',
      kill,
    ]);
  });

  it.each([
    [[0], '0'],
    [[3, 1, 2, 7], '1-3,7'],
    [[0, 2, 4, 5], '0,2,4-5'],
  ])('write the indices %j as %s', (indices, text) => expect(arrayIndices(indices)).toBe(text));
});
