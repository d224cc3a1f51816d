import { describe, expect, it } from 'vitest';
import { lines, mistakes, pipelineOf } from '../load.js';

const text = lines(`
  name: call
  axes:
    noise: [0, 0.1]
  params: { epochs: 10, precision: fp32 }
  profiles:
    smoke: { epochs: 1 }
    wrong: { epochs: 0 }
  stages:
    data: { uses: dataset, with: { name: mnist } }
    train:
      uses: train
      over: [noise]
      inputs: { data: data }
      with: { epochs: '\${{ params.epochs }}', precision: '\${{ params.precision }}' }
`);

describe('the call', () => {
  it('sets params to values of any type', async () => {
    const { params, tasks } = await pipelineOf(text, { set: ['epochs=3', 'precision={ k: 1, B: 2 }'] });
    expect(params).toEqual({ epochs: 3, precision: { k: 1, B: 2 } });
    expect(tasks.at(-1)!.parameters).toEqual({ epochs: 3, precision: { k: 1, B: 2 }, learningRate: 0.001 });
  });

  it.each([
    ['3', 3],
    ['1e-3', 0.001],
    ['true', true],
    ['null', null],
    ['', ''],
    ['x # y', 'x # y'],
    ['a: b', 'a: b'],
    ['- 1', '- 1'],
    ['*.csv', '*.csv'],
    ['!x', '!x'],
    [' x ', ' x '],
    ['2020-01-01', '2020-01-01'],
    ['1_000', '1_000'],
    ["'1'", '1'],
    ['"a # b"', 'a # b'],
    ['{ a: [1, x] }', { a: [1, 'x'] }],
    ['a $${{ b }}', 'a ${{ b }}'],
  ])('takes the value %j as it was typed', async (typed, value) => {
    const { params } = await pipelineOf('name: x\nparams: { v: 0 }\nstages: { a: { run: [x] } }\n', {
      set: [`v=${typed}`],
    });
    expect(params).toEqual({ v: value });
  });

  it('is told of values that can not be kept as they were typed', async () => {
    const set = [
      '.inf',
      '12345678901234567890',
      '[1, -0]',
      '007',
      '!!set {}',
      '[!!timestamp 2020]',
      '${{ a }}',
      '[1] # x',
    ];
    const given = { set: set.map((value) => `epochs=${value}`) };
    expect((await mistakes(text, given)).replace(/ {2}hint: write --set name=value.*\n/g, '')).toBe(
      lines(`
        error[E_SET]: --set epochs=.inf: .inf is not a number that results can be found by.
          hint: quote it to keep it as text: '.inf'

        error[E_SET]: --set epochs=12345678901234567890: 12345678901234567890 is beyond 2^53, where numbers are no longer exact.
          hint: quote it to keep it as text: '12345678901234567890'; or write 1.2345678901234567e+19, the nearest number

        error[E_SET]: --set epochs=[1, -0]: -0 is 0 for most programs, but not for all.
          hint: write 0, or quote it: '-0'

        error[E_SET]: --set epochs=007: 007 would be 7, without the zeros.
          hint: write 7, 0o7 for an octal one, or quote it: '007'

        error[E_SET]: --set epochs=[!!timestamp 2020]: The tag !!timestamp means nothing here.
          hint: write the time as a text without the tag, such as '2020-01-31'

        error[E_SET]: --set epochs=\${{ a }}: There are no expressions here: they are evaluated in \`run:\` and in the values of \`with:\`.
          hint: write the value itself; for a text that holds \${{, write $\${{

        error[E_SET]: --set epochs=[1] # x can't be read.

        pipeline.yaml:14:21: error[E_TYPE]: "epochs" must be a whole number, not "!!set {}" (from --set epochs).
          14 |     with: { epochs: '\${{ params.epochs }}', precision: '\${{ params.precision }}' }
             |                     ^^^^^^^^^^^^^^^^^^^^^^
      `),
    );
  });

  it('sets the values of an axis', async () => {
    const { axes, tasks } = await pipelineOf(text, { set: ['noise=[0, 0.3, 0.5]'] });
    expect(axes).toEqual({ noise: [0, 0.3, 0.5] });
    expect(tasks.map(({ id }) => id)).toEqual(['data', 'train@noise=0', 'train@noise=0.3', 'train@noise=0.5']);
  });

  it('takes the last of two, and --set before a profile', async () => {
    const { params } = await pipelineOf(text, { profile: 'smoke', set: ['epochs=3', 'epochs=4'] });
    expect(params.epochs).toBe(4);
  });

  it('is told what it could have said', async () => {
    const set = ['epoch=2', 'width=2', 'noise=0.3', 'noise=[0, 0]', 'noise=[]', 'epochs', 'epochs=[1', 'epochs=[*a]'];
    expect(await mistakes(text, { profile: 'somke', set })).toBe(
      lines(`
        error[E_UNKNOWN_PROFILE]: There is no profile "somke".
          hint: did you mean "smoke"?

        error[E_SET]: --set epoch: there is no param or axis "epoch".
          hint: did you mean "epochs"?

        error[E_SET]: --set width: there is no param or axis "width".
          hint: known: epochs, precision, noise

        error[E_SET]: --set noise: "noise" must be a list, not 0.3.
          hint: write the list of its values, such as --set 'noise=[0, 0.1]'

        error[E_SET]: --set noise: 0 is listed twice.
          hint: write the list of its values, such as --set 'noise=[0, 0.1]'

        error[E_SET]: --set noise: "noise" needs at least 1 item.
          hint: write the list of its values, such as --set 'noise=[0, 0.1]'

        error[E_SET]: --set epochs can't be read.
          hint: write --set name=value, such as --set epochs=2 or --set 'noise=[0, 0.3]'

        error[E_SET]: --set epochs=[1 can't be read.
          hint: write --set name=value, such as --set epochs=2 or --set 'noise=[0, 0.3]'

        error[E_SET]: --set epochs=[*a]: There is no anchor "&a" above.
          hint: for the text itself, write '*a', quoted
      `),
    );
  });

  it('is named where its values do not fit', async () => {
    expect(await mistakes(text, { set: ['epochs=none'] })).toBe(
      lines(`
        pipeline.yaml:14:21: error[E_TYPE]: "epochs" must be a whole number, not "none" (from --set epochs).
          14 |     with: { epochs: '\${{ params.epochs }}', precision: '\${{ params.precision }}' }
             |                     ^^^^^^^^^^^^^^^^^^^^^^
      `),
    );
    expect(await mistakes(text, { profile: 'wrong' })).toBe(
      lines(`
        pipeline.yaml:14:21: error[E_VALUE]: "epochs" must be at least 1, not 0 (from params.epochs).
          14 |     with: { epochs: '\${{ params.epochs }}', precision: '\${{ params.precision }}' }
             |                     ^^^^^^^^^^^^^^^^^^^^^^
          pipeline.yaml:7:20: params.epochs is here
           7 |   wrong: { epochs: 0 }
             |                    ^
      `),
    );
  });

  it('can not mean an axis and a param of one name', async () => {
    const both = 'name: x\naxes: { n: [1] }\nparams: { n: 1 }\nstages: { a: { run: [x], over: [n] } }\n';
    expect(await mistakes(both)).toBe(
      lines(`
        pipeline.yaml:2:9: error[E_DUPLICATE]: There is also a param "n".
           2 | axes: { n: [1] }
             |         ^
          pipeline.yaml:3:11: the param is here
           3 | params: { n: 1 }
             |           ^
          hint: rename one of them
      `),
    );
  });

  it('may only set what the file declares, in profiles too', async () => {
    expect(await mistakes('name: x\nprofiles:\n  smoke: { epochs: 1 }\nstages: { a: { run: [x] } }\n')).toBe(
      lines(`
        pipeline.yaml:3:12: error[E_UNKNOWN_PARAM]: The profile sets "epochs", which is not in params.
           3 |   smoke: { epochs: 1 }
             |            ^^^^^^
          hint: declare it under params:
      `),
    );
  });
});
