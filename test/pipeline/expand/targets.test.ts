import { beforeAll, describe, expect, it } from 'vitest';
import { findTargets, tasksBelow, withDependencies } from '../../../src/pipeline/expand/targets.js';
import type { Pipeline } from '../../../src/pipeline/expand/task.js';
import { lines, pipelineOf } from '../load.js';

describe('targets', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await pipelineOf(
      lines(`
        name: targets
        axes:
          precision: [fp32, { k: 1, B: 2 }]
          noise: [0, 0.1]
        stages:
          data: { run: [x], outputs: { out: out } }
          train: { run: [x], over: [precision], inputs: { data: data }, outputs: { out: out } }
          snn: { run: [x], over: [precision, noise], exclude: [{ precision: fp32 }], inputs: { in: train }, outputs: { out: out } }
          plots: { run: [x], inputs: { snn: snn } }
      `),
    );
  });

  const found = (...targets: string[]) => findTargets(pipeline, targets).tasks.map(({ id }) => id);
  const wrong = (...targets: string[]) =>
    findTargets(pipeline, targets).diagnostics.map(({ code, message, hint }) => [code, message, hint]);

  it('are all tasks of a stage, or those at labels of its axes', () => {
    expect(found('train')).toEqual(['train@precision=fp32', 'train@precision=k1B2']);
    expect(found('train@precision=k1B2')).toEqual(['train@precision=k1B2']);
    expect(found('snn@noise=0.1')).toEqual(['snn@precision=k1B2,noise=0.1']);
    expect(found('snn@noise=0.1,precision=k1B2')).toEqual(['snn@precision=k1B2,noise=0.1']);
    expect(found('data', 'train@precision=fp32', 'train')).toEqual([
      'data',
      'train@precision=fp32',
      'train@precision=k1B2',
    ]);
  });

  it('that do not exist are answered with those that do', () => {
    expect(wrong('trian')).toEqual([['E_TARGET', 'There is no stage "trian".', 'did you mean "train"?']]);
    expect(wrong('snn@nosie=0')).toEqual([
      ['E_TARGET', '"snn@nosie=0": "snn" has no axis "nosie".', 'did you mean "noise"?'],
    ]);
    expect(wrong('data@noise=0')).toEqual([
      ['E_TARGET', '"data@noise=0": "data" has no axis "noise".', 'the stage has no axes'],
    ]);
    expect(wrong('snn@noise=0.5')).toEqual([
      ['E_TARGET', '"snn@noise=0.5": there is no task at noise=0.5.', 'its values are 0, 0.1'],
    ]);
    expect(wrong('snn@precision=fp32')).toEqual([
      ['E_TARGET', '"snn@precision=fp32": there is no task at precision=fp32.', 'its values are k1B2'],
    ]);
    expect(wrong('snn@')).toEqual([
      ['E_TARGET', '"snn@" names no point.', 'write snn for all of its tasks, or such as snn@precision=k1B2,noise=0'],
    ]);
    expect(wrong('snn@noise')).toEqual([
      ['E_TARGET', '"snn@noise": a point is axis=label.', 'such as snn@precision=k1B2,noise=0'],
    ]);
    expect(wrong('snn@noise=0,noise=0.1')).toEqual([
      ['E_TARGET', '"snn@noise=0,noise=0.1" says the axis "noise" twice.', 'give each as a target of its own'],
    ]);
    expect(wrong('toString', 'constructor@a=b')).toHaveLength(2);
  });

  it('come with all that they need, and nothing else', () => {
    const { tasks } = findTargets(pipeline, ['snn@noise=0']);
    expect(withDependencies(pipeline, tasks).map(({ id }) => id)).toEqual([
      'data',
      'train@precision=k1B2',
      'snn@precision=k1B2,noise=0',
    ]);
    expect(withDependencies(pipeline, findTargets(pipeline, ['plots']).tasks).map(({ id }) => id)).toEqual([
      'data',
      'train@precision=k1B2',
      'snn@precision=k1B2,noise=0',
      'snn@precision=k1B2,noise=0.1',
      'plots',
    ]);
  });

  it('are meant by values of any characters, in double quotes where they hold a comma', async () => {
    const odd = await pipelineOf(
      lines(`
        name: odd
        axes: { x: ["a b", "a,b", "k=v", "a@b"], y: [1, 2] }
        stages: { s: { run: [x], over: [x, y], outputs: { out: out } } }
      `),
    );
    const values = (...targets: string[]) => findTargets(odd, targets).tasks.map(({ axes }) => axes);
    expect(values('s@x=a b,y=1')).toEqual([{ x: 'a b', y: 1 }]);
    expect(values('s@y=2,x="a,b"')).toEqual([{ x: 'a,b', y: 2 }]);
    expect(values('s@x=k=v,y=1', 's@x=a@b,y=2')).toEqual([
      { x: 'k=v', y: 1 },
      { x: 'a@b', y: 2 },
    ]);
    const hints = (target: string) =>
      findTargets(odd, [target]).diagnostics.map(({ message, hint }) => [message, hint]);
    const quote = `a value with a comma stands in double quotes: 's@x="a,b"'`;
    expect(hints('s@x=a,b')).toEqual([['"s@x=a,b": there is no task at x=a.', quote]]);
    expect(hints('s@y=1,x=a,b')).toEqual([['"s@y=1,x=a,b": there is no task at x=a.', quote]]);
    expect(hints('s@x=a,b,y=1')).toEqual([['"s@x=a,b,y=1": there is no task at x=a.', quote]]);
    expect(hints('s@x="a,c"').join()).not.toContain('stands in double quotes');
    // Each task is meant by its own name.
    for (const task of odd.tasks) expect(findTargets(odd, [task.id]).tasks).toEqual([task]);
  });

  it('have below them what takes inputs from them, over any number of steps', () => {
    const below = (id: string) => {
      const [task] = findTargets(pipeline, [id]).tasks;
      return tasksBelow(pipeline.tasks, task!).map((one) => one.id);
    };
    expect(below('train@precision=k1B2')).toEqual([
      'snn@precision=k1B2,noise=0',
      'snn@precision=k1B2,noise=0.1',
      'plots',
    ]);
    expect(below('train@precision=fp32')).toEqual([]);
    expect(below('data')).toHaveLength(pipeline.tasks.length - 1);
  });
});
