import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { differenceText, expectedOf, withFacts } from '../../../src/pipeline/expand/facts.js';
import type { Expectation, Task, TaskInput } from '../../../src/pipeline/expand/task.js';
import { defineStage } from '../../../src/stage/definition.js';
import type { TaskId } from '../../../src/values.js';

const range = { file: 'p.yaml', start: 0, end: 0 };
const id = (text: string) => text as TaskId;
const list = (...tasks: string[]): TaskInput => ({
  kind: 'list',
  items: tasks.map((task) => ({ task: id(task), output: 'result' })),
});

const expectations: readonly Expectation[] = [
  {
    tasks: [id('snn@k=2')],
    metric: 'accuracy',
    expected: { kind: 'value', value: 0.9, tolerance: 0.1 },
    source: 's',
    range,
  },
  { tasks: [id('snn@k=1'), id('other')], metric: 'accuracy', expected: { kind: 'bounds', min: 0.5 }, range },
  {
    tasks: [id('snn@k=1'), id('snn@k=2')],
    metric: 'correct',
    expected: { kind: 'equals', metric: 'hits', tasks: [id('ann'), id('elsewhere')], tolerance: 0 },
    range,
  },
];

describe('what a pipeline expects of the inputs of a task', () => {
  it('speaks of inputs and their places, not of tasks', () => {
    const inputs = { snn: list('snn@k=1', 'snn@k=2'), ann: { kind: 'output', task: id('ann'), output: 'x' } } as const;
    expect(expectedOf(inputs, expectations, new Map())).toEqual([
      { input: 'snn', item: 1, metric: 'accuracy', value: 0.9, tolerance: 0.1, source: 's' },
      { input: 'snn', item: 0, metric: 'accuracy', min: 0.5 },
      { input: 'snn', item: 0, metric: 'correct', equals: { input: 'ann', item: 0, metric: 'hits' }, tolerance: 0 },
    ]);
    expect(expectedOf({ file: { kind: 'file', path: 'x', range } }, expectations, new Map())).toEqual([]);
  });
});

describe('parameters from the pipeline', () => {
  const definition = defineStage({
    name: 'told',
    summary: 'Is told',
    parameters: Type.Object({}),
    fromPipeline: { title: 'name', about: 'description', wanted: 'expect' },
    inputs: {},
    outputs: { x: { description: 'X', path: 'x' } },
    run: async () => undefined,
  });
  const task = (parameters: Task['parameters']): Task => ({
    ...{
      id: id('t'),
      folder: '.',
      stage: 't',
      axes: {},
      labels: {},
      inputs: {},
      outputs: { x: 'x' },
      env: [],
      resources: {},
      range,
    },
    ...{ action: { kind: 'stage', uses: 'told', definition }, parameters },
  });

  it('are filled in where the file leaves them out', () => {
    const facts = { name: 'mine', expectations: [] };
    expect(withFacts([task({})], facts)[0]!.parameters).toEqual({ title: 'mine', wanted: [] });
    expect(withFacts([task({ title: 'other' })], { ...facts, description: 'd' })[0]!.parameters).toEqual({
      ...{ title: 'other', about: 'd', wanted: [] },
    });
  });
});

describe('differenceText', () => {
  it.each([
    ['5', 5, 's is "5", not 5'],
    [5, '5', 's is 5, not "5"'],
    ['true', true, 's is "true", not true'],
    ['', null, 's is "", not null'],
    ['a', 'b', 's is a, not b'],
  ])('tells values of different kinds apart: %j and %j', (actual, wanted, text) => {
    expect(differenceText({ name: 's', wanted, actual })).toBe(text);
  });
});
