import { describe, expect, it } from 'vitest';
import { differenceText } from '../../../src/pipeline/expand/facts.js';
import { lines, mistakes, pipelineOf } from '../load.js';

const withExpectations = (expectations: string) =>
  lines(`
    name: expectations
    axes:
      precision: [fp32, { k: 0, B: 1 }, { k: 1, B: 2 }]
      noise: [0, 0.1]
    stages:
      ann: { run: [x], over: [precision] }
      snn: { run: [x], over: [precision, noise], exclude: [{ precision: fp32 }] }
      plots: { run: [x] }
    expect:
  `) + expectations.replace(/^(?=.)/gm, '  ');

async function resolved(expectations: string) {
  const pipeline = await pipelineOf(withExpectations(expectations));
  return pipeline.expectations.map(({ range: _, ...expectation }) => expectation);
}

describe('expectations', () => {
  it('speak of every task that fits', async () => {
    expect(
      await resolved(
        lines(`
          - { stage: snn, metric: accuracy, min: 0.8 }
          - { stage: snn, at: { precision: { B: 2, k: 1 } }, metric: accuracy, min: 0.9, max: 0.95, source: the paper }
          - { stage: snn, at: { precision: k0B1, noise: 0 }, metric: accuracy, value: 0.87, tolerance: 0.01 }
          - { stage: plots, metric: charts, value: 6 }
        `),
      ),
    ).toEqual([
      {
        tasks: [
          'snn@precision=k0B1,noise=0',
          'snn@precision=k0B1,noise=0.1',
          'snn@precision=k1B2,noise=0',
          'snn@precision=k1B2,noise=0.1',
        ],
        metric: 'accuracy',
        expected: { kind: 'bounds', min: 0.8 },
      },
      {
        tasks: ['snn@precision=k1B2,noise=0', 'snn@precision=k1B2,noise=0.1'],
        metric: 'accuracy',
        expected: { kind: 'bounds', min: 0.9, max: 0.95 },
        source: 'the paper',
      },
      {
        tasks: ['snn@precision=k0B1,noise=0'],
        metric: 'accuracy',
        expected: { kind: 'value', value: 0.87, tolerance: 0.01 },
      },
      { tasks: ['plots'], metric: 'charts', expected: { kind: 'value', value: 6, tolerance: 0 } },
    ]);
  });

  it('pair tasks that must be equal by the axes that both have', async () => {
    expect(
      await resolved(
        lines(`
          - { stage: snn, at: { noise: 0 }, metric: correct, equals: { stage: ann } }
          - { stage: ann, at: { precision: k1B2 }, metric: a, equals: { stage: snn, metric: b, at: { noise: 0.1 } }, tolerance: 2 }
        `),
      ),
    ).toEqual([
      {
        tasks: ['snn@precision=k0B1,noise=0', 'snn@precision=k1B2,noise=0'],
        metric: 'correct',
        expected: {
          kind: 'equals',
          metric: 'correct',
          tasks: ['ann@precision=k0B1', 'ann@precision=k1B2'],
          tolerance: 0,
        },
      },
      {
        tasks: ['ann@precision=k1B2'],
        metric: 'a',
        expected: { kind: 'equals', metric: 'b', tasks: ['snn@precision=k1B2,noise=0.1'], tolerance: 2 },
      },
    ]);
  });

  it('of points that the call took from an axis are not compared, on whichever side they are', async () => {
    const text = (expectation: string) =>
      lines(`
        name: narrowed
        axes: { k: [1, 2], n: [0, 1] }
        stages:
          a: { run: [x], over: [k] }
          b: { run: [x], over: [k, n], exclude: [{ k: 1, n: 0 }] }
        expect:
          - ${expectation}
      `);
    const told = async (expectation: string, set: string[]) =>
      (await pipelineOf(text(expectation), { set })).expectations.map(({ tasks, inapplicable = [] }) => [
        tasks.join(' '),
        ...inapplicable.map(differenceText),
      ]);
    const equal = '{ stage: a, metric: m, equals: { stage: b, at: { n: 1 } } }';
    expect(await told(equal, ['k=[1]'])).toEqual([['a@k=1']]);
    expect(await told(equal, ['n=[0]'])).toEqual([['a@k=1 a@k=2', 'the axis n has no 1 now']]);
    const unsaid = '{ stage: a, metric: m, equals: { stage: b } }';
    expect(await told(unsaid, ['n=[0]'])).toEqual([
      ['a@k=2'],
      ['a@k=1', 'the axis n has no value with such a task now'],
    ]);
    const excluded = '{ stage: b, at: { k: 1 }, metric: m, min: 0 }';
    expect(await told(excluded, ['n=[0]'])).toEqual([['b@k=1', 'the axis n has no value with such a task now']]);
    // What the file itself excludes can never be met.
    const never = '{ stage: b, at: { k: 1, n: 0 }, metric: m, min: 0 }';
    expect(await mistakes(text(never), {})).toContain('error[E_EXPECT]: "b" has no task there: it is excluded.');
    expect(await mistakes(text('{ stage: a, metric: m, equals: { stage: b, at: { n: 0 } } }'), {})).toContain(
      'error[E_EXPECT]: a@k=1 must equal one task of "b", and there is none at its point.',
    );
  });

  it('that make no sense are all reported', async () => {
    const text = withExpectations(
      lines(`
        - { stage: snm, metric: accuracy, value: 1 }
        - { stage: snn, metric: accuracy }
        - { stage: snn, metric: accuracy, value: 1, min: 0 }
        - { stage: snn, metric: accuracy, min: 2, max: 1 }
        - { stage: snn, metric: accuracy, min: 2, tolerance: 1 }
        - { stage: snn, at: { precison: fp32 }, metric: accuracy, value: 1 }
        - { stage: snn, at: { noise: 0.2 }, metric: accuracy, value: 1 }
        - { stage: snn, at: { precision: fp32 }, metric: accuracy, value: 1 }
        - { stage: ann, metric: correct, equals: { stage: snn, at: { noise: 0 } } }
        - { stage: ann, at: { precision: k1B2 }, metric: correct, equals: { stage: snn } }
        - { stage: ann, value: 1 }
        - { stage: ann, metric: correct, value: 1, tolerence: 1 }
      `),
    );
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:10:14: error[E_UNKNOWN_STAGE]: There is no stage "snm".
          10 |   - { stage: snm, metric: accuracy, value: 1 }
             |              ^^^
          hint: did you mean "snn"?

        pipeline.yaml:11:5: error[E_EXPECT]: An expectation says what is expected: \`value\`, \`min\` and \`max\`, or \`equals\`.
          11 |   - { stage: snn, metric: accuracy }
             |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          hint: such as value: 0.99, tolerance: 0.003

        pipeline.yaml:12:5: error[E_EXPECT]: An expectation says one thing only: \`value\`, \`min\` and \`max\`, or \`equals\`.
          12 |   - { stage: snn, metric: accuracy, value: 1, min: 0 }
             |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          hint: such as value: 0.99, tolerance: 0.003

        pipeline.yaml:13:42: error[E_EXPECT]: No number is at least 2 and at most 1.
          13 |   - { stage: snn, metric: accuracy, min: 2, max: 1 }
             |                                          ^

        pipeline.yaml:14:45: error[E_EXPECT]: \`tolerance\` belongs to \`value\` or \`equals\`.
          14 |   - { stage: snn, metric: accuracy, min: 2, tolerance: 1 }
             |                                             ^^^^^^^^^
          hint: put it into the bounds

        pipeline.yaml:15:25: error[E_UNKNOWN_AXIS]: "snn" has no axis "precison".
          15 |   - { stage: snn, at: { precison: fp32 }, metric: accuracy, value: 1 }
             |                         ^^^^^^^^
          hint: did you mean "precision"?

        pipeline.yaml:16:32: error[E_EXPECT]: The axis "noise" has no such value.
          16 |   - { stage: snn, at: { noise: 0.2 }, metric: accuracy, value: 1 }
             |                                ^^^
          hint: its values are 0, 0.1

        pipeline.yaml:17:23: error[E_EXPECT]: "snn" has no task there: it is excluded.
          17 |   - { stage: snn, at: { precision: fp32 }, metric: accuracy, value: 1 }
             |                       ^^^^^^^^^^^^^^^^^^^

        pipeline.yaml:18:44: error[E_EXPECT]: ann@precision=fp32 must equal one task of "snn", and there is none at its point.
          18 |   - { stage: ann, metric: correct, equals: { stage: snn, at: { noise: 0 } } }
             |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          hint: say with at: for which tasks this holds

        pipeline.yaml:19:69: error[E_EXPECT]: ann@precision=k1B2 must equal one task of "snn", and both snn@precision=k1B2,noise=0 and snn@precision=k1B2,noise=0.1 would do.
          19 |   - { stage: ann, at: { precision: k1B2 }, metric: correct, equals: { stage: snn } }
             |                                                                     ^^^^^^^^^^^^^^
          hint: choose one with at: inside equals:

        pipeline.yaml:20:5: error[E_MISSING_KEY]: "metric" is missing.
          20 |   - { stage: ann, value: 1 }
             |     ^^^^^^^^^^^^^^^^^^^^^^^^
          hint: metric: Name of the metric, such as accuracy.

        pipeline.yaml:21:46: error[E_UNKNOWN_KEY]: Unknown key "tolerence".
          21 |   - { stage: ann, metric: correct, value: 1, tolerence: 1 }
             |                                              ^^^^^^^^^
          hint: did you mean "tolerance"?
      `),
    );
  });
});
