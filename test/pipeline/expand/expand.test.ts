import { describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../src/pipeline/expand/task.js';
import { lines, mistakes, pipelineOf, taskOf } from '../load.js';

/** A pipeline of commands: what matters here is who gets what. */
const commands = (stages: string) =>
  lines(`
    name: axes
    axes:
      a: [1, 2]
      b: [x, y]
      c: [7, 8]
    stages:
  `) + stages.replace(/^/gm, '  ');

const ids = (pipeline: Pipeline, stage: string) =>
  pipeline.tasks.filter((task) => task.stage === stage).map(({ id }) => id);

/** Tasks behind an input: one id, or a list of them. */
function source(pipeline: Pipeline, id: string, input: string): string | string[] {
  const found = taskOf(pipeline, id).inputs[input]!;
  if (found.kind === 'list') return found.items.map(({ task }) => task);
  return found.kind === 'output' ? found.task : found.path;
}

describe('axes', () => {
  it('pair what both have, broadcast what the consumer adds and collect what it lacks', async () => {
    const pipeline = await pipelineOf(
      commands(
        lines(`
          make: { run: [make], over: [a, b], outputs: { out: out } }
          use: { run: [use], over: [b, c], inputs: { in: make }, outputs: { out: out } }
        `),
      ),
    );
    expect(ids(pipeline, 'use')).toEqual(['use@b=x,c=7', 'use@b=x,c=8', 'use@b=y,c=7', 'use@b=y,c=8']);
    expect(source(pipeline, 'use@b=x,c=7', 'in')).toEqual(['make@a=1,b=x', 'make@a=2,b=x']);
    expect(source(pipeline, 'use@b=x,c=8', 'in')).toEqual(['make@a=1,b=x', 'make@a=2,b=x']);
    expect(source(pipeline, 'use@b=y,c=7', 'in')).toEqual(['make@a=1,b=y', 'make@a=2,b=y']);
  });

  it('pair by name, whatever the order of `over`', async () => {
    const pipeline = await pipelineOf(
      commands(
        lines(`
          make: { run: [make], over: [a, b], outputs: { out: out } }
          use: { run: [use], over: [b, a], inputs: { in: make } }
        `),
      ),
    );
    expect(source(pipeline, 'use@b=x,a=2', 'in')).toBe('make@a=2,b=x');
  });

  it('collect in the order of the producer', async () => {
    const pipeline = await pipelineOf(
      commands(
        lines(`
          make: { run: [make], over: [b, a], outputs: { out: out } }
          use: { run: [use], inputs: { in: make } }
        `),
      ),
    );
    expect(source(pipeline, 'use', 'in')).toEqual(['make@b=x,a=1', 'make@b=x,a=2', 'make@b=y,a=1', 'make@b=y,a=2']);
  });

  it('make a list of one for an input that takes a list', async () => {
    const pipeline = await pipelineOf(
      lines(`
        name: one
        stages:
          data: { uses: dataset, with: { name: mnist } }
          train: { uses: train, inputs: { data: data } }
          plots: { uses: plot, inputs: { history: train.history } }
      `),
    );
    expect(taskOf(pipeline, 'plots').inputs).toEqual({
      history: { kind: 'list', items: [{ task: 'train', output: 'history' }] },
    });
  });
});

describe('exclude', () => {
  it('drops points by value, by label and by several axes', async () => {
    const pipeline = await pipelineOf(
      lines(`
        name: points
        axes:
          precision: [fp32, { k: 0, B: 1 }, { k: 1, B: 2 }]
          noise: [0, 0.1]
        stages:
          value: { run: [x], over: [precision, noise], exclude: [{ precision: { B: 1, k: 0 } }, { precision: fp32, noise: 0.1 }] }
          label: { run: [x], over: [precision], exclude: [{ precision: k1B2 }] }
      `),
    );
    expect(ids(pipeline, 'value')).toEqual([
      'value@precision=fp32,noise=0',
      'value@precision=k1B2,noise=0',
      'value@precision=k1B2,noise=0.1',
    ]);
    expect(ids(pipeline, 'label')).toEqual(['label@precision=fp32', 'label@precision=k0B1']);
  });

  it('leaves excluded points out of lists', async () => {
    const pipeline = await pipelineOf(
      commands(
        lines(`
          make: { run: [make], over: [a, b], exclude: [{ a: 1, b: y }], outputs: { out: out } }
          all: { run: [use], inputs: { in: make } }
          each: { run: [use], over: [b], inputs: { in: make } }
        `),
      ),
    );
    expect(source(pipeline, 'all', 'in')).toEqual(['make@a=1,b=x', 'make@a=2,b=x', 'make@a=2,b=y']);
    expect(source(pipeline, 'each@b=y', 'in')).toEqual(['make@a=2,b=y']);
  });

  it('must be said of consumers, too', async () => {
    const text = commands(
      lines(`
        make: { run: [make], over: [a], exclude: [{ a: 1 }], outputs: { out: out } }
        use: { run: [use], over: [b, a], inputs: { in: make } }
      `),
    );
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:8:50: error[E_EXCLUDED_INPUT]: "use" needs make@a=1, which is excluded there (at b=x,a=1).
           8 |   use: { run: [use], over: [b, a], inputs: { in: make } }
             |                                                  ^^^^
          hint: add exclude: [{ a: 1 }] here, too
      `),
    );
  });

  it('must leave something', async () => {
    const text = commands('make: { run: [make], over: [a], exclude: [{ a: 1 }, { a: 2 }, { a: 3 }, { b: x }] }\n');
    const noneLeft = commands('make: { run: [make], over: [a], exclude: [{ a: 1 }, { a: 2 }] }\n');
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:7:70: error[E_EXCLUDE]: The axis "a" has no such value.
           7 |   make: { run: [make], over: [a], exclude: [{ a: 1 }, { a: 2 }, { a: 3 }, { b: x }] }
             |                                                                      ^
          hint: its values are 1, 2

        pipeline.yaml:7:77: error[E_UNKNOWN_AXIS]: "make" has no axis "b".
           7 |   make: { run: [make], over: [a], exclude: [{ a: 1 }, { a: 2 }, { a: 3 }, { b: x }] }
             |                                                                             ^
          hint: known: a
      `),
    );
    expect(await mistakes(noneLeft)).toBe(
      lines(`
        pipeline.yaml:7:35: error[E_EXCLUDE]: Every point of "make" is excluded.
           7 |   make: { run: [make], over: [a], exclude: [{ a: 1 }, { a: 2 }] }
             |                                   ^^^^^^^
          hint: remove an entry, or the stage
      `),
    );
  });
});

describe('only', () => {
  it('keeps the points that it names, and exclude takes from them', async () => {
    const pipeline = await pipelineOf(
      commands('make: { run: [make], over: [a, b], only: [{ a: 1 }, { b: y }], exclude: [{ a: 1, b: y }] }\n'),
    );
    expect(ids(pipeline, 'make')).toEqual(['make@a=1,b=x', 'make@a=2,b=y']);
  });

  it('must be said of consumers that pair up, and makes lists of those that collect shorter', async () => {
    const make = 'make: { run: [make], over: [a, b], only: [{ a: 1 }], outputs: { out: out } }\n';
    const use = (more: string) => commands(`${make}use: { run: [use], over: [a]${more}, inputs: { in: make } }\n`);
    expect(await mistakes(use(''))).toContain(
      'error[E_EXCLUDED_INPUT]: "use" needs make@a=2, which is excluded there (at a=2).',
    );
    const pipeline = await pipelineOf(use(', only: [{ a: 1 }]'));
    expect(source(pipeline, 'use@a=1', 'in')).toEqual(['make@a=1,b=x', 'make@a=1,b=y']);
    const all = await pipelineOf(commands(`${make}all: { run: [use], inputs: { in: make } }\n`));
    expect(source(all, 'all', 'in')).toEqual(['make@a=1,b=x', 'make@a=1,b=y']);
  });

  it('must leave something, and name values that there are', async () => {
    const none = 'make: { run: [make], over: [a], only: [{ a: 1 }], exclude: [{ a: 1 }] }\n';
    expect(await mistakes(commands(none))).toContain('error[E_EXCLUDE]: Every point of "make" is excluded.');
    const other = 'make: { run: [make], over: [a], only: [{ a: 3 }] }\n';
    expect(await mistakes(commands(other))).toBe(
      lines(`
        pipeline.yaml:7:47: error[E_EXCLUDE]: The axis "a" has no such value.
           7 |   make: { run: [make], over: [a], only: [{ a: 3 }] }
             |                                               ^
          hint: its values are 1, 2
      `),
    );
  });
});

describe('an input at a point', () => {
  const make = 'make: { run: [make], over: [a, b], outputs: { out: out, log: log } }\n';
  const used = (input: string, more = '') => commands(`${make}use: { run: [use]${more}, inputs: { in: ${input} } }\n`);

  it.each([
    ['all axes', "'make@a=2,b=x'", '', 'make@a=2,b=x'],
    ['all axes, in a map', '{ stage: make, at: { a: 2, b: x } }', '', 'make@a=2,b=x'],
    ['one axis, and meets the other', 'make@b=y', ', over: [a]', 'make@a=2,b=y'],
    ['an axis that both have', '{ stage: make, at: { a: 1 } }', ', over: [a, b]', 'make@a=1,b=x'],
    ['one of several outputs', 'make.log@b=x', ', over: [a]', 'make@a=2,b=x'],
  ])('names %s', async (_, input, more, expected) => {
    const pipeline = await pipelineOf(used(input, more));
    const user = ids(pipeline, 'use').find((id) => !id.includes('a=1') && !id.includes('b=y'))!;
    expect(source(pipeline, user, 'in')).toBe(expected);
  });

  it('may be one of a list, or leave an axis to be collected', async () => {
    const list = await pipelineOf(used("['make@a=1,b=x', { stage: make, at: { a: 2, b: y } }]"));
    expect(source(list, 'use', 'in')).toEqual(['make@a=1,b=x', 'make@a=2,b=y']);
    const collected = await pipelineOf(used('make@b=y'));
    expect(source(collected, 'use', 'in')).toEqual(['make@a=1,b=y', 'make@a=2,b=y']);
  });

  it.each([
    ['make@c=7', 'E_UNKNOWN_AXIS', '"make" has no axis "c"', 'known: a, b'],
    ['make@a=3', 'E_INPUT_POINT', 'The axis "a" of "make" has no such value', 'its values are 1, 2'],
    ['make@', 'E_INPUT_POINT', 'A point is axis=value after the @', 'such as make@a=1'],
    ["'make@a=1,a=2'", 'E_INPUT_POINT', 'The axis "a" is here twice', 'keep one of them'],
    ['{ stage: make, at: { b: z } }', 'E_INPUT_POINT', 'The axis "b" of "make" has no such value', 'values are x, y'],
    ['{ stage: make, file: f }', 'E_VALUE', 'An input is { file: path }, or { stage: name', 'write one of the two'],
    ['{ stag: make }', 'E_UNKNOWN_KEY', 'Unknown key "stag"', 'did you mean "stage"?'],
  ])('refuses %s', async (input, code, message, hint) => {
    const told = await mistakes(used(input));
    expect(told).toContain(`error[${code}]: ${message}`);
    expect(told).toContain(hint);
    expect(told.match(/error\[/g)).toHaveLength(1);
  });

  it('must be there', async () => {
    const text = commands(
      `make: { run: [make], over: [a], exclude: [{ a: 1 }], outputs: { out: out } }\nuse: { run: [use], inputs: { in: make@a=1 } }\n`,
    );
    expect(await mistakes(text)).toContain('error[E_EXCLUDED_INPUT]: "use" needs make@a=1, which is excluded there.');
  });
});

describe('lists', () => {
  it('are refused where a stage takes one artifact', async () => {
    const text = lines(`
      name: lists
      axes: { seed: [1, 2], precision: [{ k: 0, B: 1 }] }
      stages:
        data: { uses: dataset, with: { name: mnist } }
        train: { uses: train, over: [precision, seed], inputs: { data: data } }
        convert: { uses: snn-convert, over: [precision], inputs: { checkpoint: train } }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:6:74: error[E_INPUT_LIST]: "train" arrives as a list over seed, and the input "checkpoint" takes one artifact.
           6 |   convert: { uses: snn-convert, over: [precision], inputs: { checkpoint: train } }
             |                                                                          ^^^^^
          hint: add over: [precision, seed] to this stage, or name one point: train@seed=1
      `),
    );
  });
});

describe('stages of a pipeline', () => {
  it('may be written in any order', async () => {
    const pipeline = await pipelineOf(
      commands(
        lines(`
          last: { run: [x], inputs: { in: middle } }
          middle: { run: [x], inputs: { in: first }, outputs: { out: out } }
          first: { run: [x], outputs: { out: out } }
          other: { run: [x] }
        `),
      ),
    );
    expect(pipeline.tasks.map(({ id }) => id)).toEqual(['first', 'middle', 'last', 'other']);
    expect(pipeline.stages).toEqual(['last', 'middle', 'first', 'other']);
  });

  it('may not make more tasks than a run can hold', async () => {
    const text = lines(`
      name: many
      axes:
        a: [${Array.from({ length: 400 }, (_, i) => i).join(', ')}]
        b: [${Array.from({ length: 400 }, (_, i) => i).join(', ')}]
      stages:
        all: { run: [x], over: [a, b] }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:6:3: error[E_TOO_MANY_TASKS]: With "all" there would be more than 100000 tasks.
           6 |   all: { run: [x], over: [a, b] }
             |   ^^^
          hint: a has 400 values, b has 400 values
      `),
    );
  });

  it('do not share the values of expressions', async () => {
    const pipeline = await pipelineOf(
      lines(`
        name: shared
        params: { precision: { k: 1, B: 2 } }
        axes: { seed: [1, 2] }
        stages:
          data: { uses: dataset, with: { name: mnist } }
          train: { uses: train, over: [seed], inputs: { data: data }, with: { precision: '\${{ params.precision }}' } }
      `),
    );
    const [first, second] = pipeline.tasks.slice(1).map(({ parameters }) => parameters.precision);
    expect(first).toEqual({ k: 1, B: 2 });
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
  });
});
