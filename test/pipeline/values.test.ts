import { describe, expect, it } from 'vitest';
import { lines, load, mistakes, pipelineOf } from './load.js';

/** The first line of each mistake, without its place. */
async function told(text: string): Promise<string[]> {
  return (await load(text)).diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const inParam = (value: string) =>
  `name: x\nparams: { v: ${value} }\nstages: { a: { run: [x, '\${{ params.v }}'] } }\n`;

describe('a number that can not be kept', () => {
  it.each([
    ['12345678901234567890', 'is beyond 2^53, where numbers are no longer exact'],
    ['-9007199254740993', 'is beyond 2^53, where numbers are no longer exact'],
    ['0xFFFFFFFFFFFFFFFF', 'is beyond 2^53, where numbers are no longer exact'],
    ['12345678901234567890.0', 'is beyond 2^53, where numbers are no longer exact'],
    ['.inf', 'is not a number that results can be found by'],
    ['-.Inf', 'is not a number that results can be found by'],
    ['.nan', 'is not a number that results can be found by'],
    ['1e400', 'is larger than any number can be'],
    ['1e-400', 'is too small: it would be 0'],
    ['-0', 'is 0 for most programs, but not for all'],
    ['-0.0', 'is 0 for most programs, but not for all'],
    ['007', 'would be 7, without the zeros'],
    ['0189', 'would be 189, without the zeros'],
  ])('is told: %s', async (number, message) => {
    expect(await told(inParam(number))).toEqual([`E_NUMBER: ${number} ${message}.`]);
    expect((await pipelineOf(inParam(`'${number}'`))).params).toEqual({ v: number });
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['0x1F', 31],
    ['0o17', 15],
    ['1e22', 1e22],
    ['3.14159265358979323846', Math.PI],
    ['0.0', 0],
    ['0b11', '0b11'],
    ['1_000', '1_000'],
  ])('is none of these: %s', async (number, value) => {
    expect((await pipelineOf(inParam(number))).params).toEqual({ v: value });
  });

  it('beyond 2^53 is kept in one of the ways that are told, wherever a number may stand', async () => {
    const nearest = '9.007199254740992e+15';
    expect((await pipelineOf(inParam(nearest))).params).toEqual({ v: 2 ** 53 });
    const expected = (entry: string) =>
      `name: x\nstages: { a: { run: [x] } }\nexpect: [{ stage: a, metric: m, ${entry} }]\n`;
    for (const [entry, kind] of [
      ["value: '9007199254740993'", { kind: 'value', value: '9007199254740993', tolerance: 0 }],
      ["value: '1234567890123456'", { kind: 'value', value: 1234567890123456, tolerance: 0 }],
      [`value: ${nearest}, tolerance: ${nearest}`, { kind: 'value', value: 2 ** 53, tolerance: 2 ** 53 }],
      [`min: ${nearest}`, { kind: 'bounds', min: 2 ** 53 }],
    ] as const)
      expect((await pipelineOf(expected(entry))).expectations).toMatchObject([{ expected: kind }]);
    for (const [entry, hint] of [
      [
        'value: 9007199254740993',
        `quote it to keep it as text: '9007199254740993'; or write ${nearest}, the nearest number`,
      ],
      ["value: '5'", 'write 5, without quotes'],
      ["min: '9007199254740993'", `write ${nearest}, the nearest number`],
      ["value: '9007199254740993', tolerance: 1", `remove it, or write value: ${nearest}, the nearest number`],
      ["value: '.inf'", 'only a number that can be computed with may stand here'],
    ] as const) {
      const { diagnostics } = await load(expected(entry));
      expect(diagnostics).toMatchObject([{ hint }]);
    }
    const train = (k: string) =>
      `name: x\nstages: { a: { run: [x], outputs: { o: o } }, t: { uses: train, inputs: { data: a }, with: { ${k} } } }\n`;
    expect((await load(train("learningRate: '9007199254740993'"))).diagnostics).toMatchObject([
      { hint: `write ${nearest}, the nearest number` },
    ]);
  });

  it('is told wherever it stands, at its place, with all other mistakes and without consequences', async () => {
    const text = lines(`
      name: x
      axes: { n: [.inf, -.inf, 0, 1] }
      params: { epochs: .nan }
      profiles: { big: { epochs: 1e400 } }
      stages:
        train: { uses: train, over: [n], inputs: { data: no }, with: { epochs: '\${{ params.epochs }}', k: -0 } }
      expect:
        - { stage: train, at: { n: 18014398509481985 }, metric: m, value: .inf }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:2:13: error[E_NUMBER]: .inf is not a number that results can be found by.
           2 | axes: { n: [.inf, -.inf, 0, 1] }
             |             ^^^^
          hint: quote it to keep it as text: '.inf'

        pipeline.yaml:2:19: error[E_NUMBER]: -.inf is not a number that results can be found by.
           2 | axes: { n: [.inf, -.inf, 0, 1] }
             |                   ^^^^^
          hint: quote it to keep it as text: '-.inf'

        pipeline.yaml:3:19: error[E_NUMBER]: .nan is not a number that results can be found by.
           3 | params: { epochs: .nan }
             |                   ^^^^
          hint: quote it to keep it as text: '.nan'

        pipeline.yaml:4:28: error[E_NUMBER]: 1e400 is larger than any number can be.
           4 | profiles: { big: { epochs: 1e400 } }
             |                            ^^^^^
          hint: quote it to keep it as text: '1e400'

        pipeline.yaml:6:52: error[E_UNKNOWN_STAGE]: There is no stage "no".
           6 |   train: { uses: train, over: [n], inputs: { data: no }, with: { epochs: '\${{ params.epochs }}', k: -0 } }
             |                                                    ^^
          hint: known: train

        pipeline.yaml:6:101: error[E_NUMBER]: -0 is 0 for most programs, but not for all.
           6 |   train: { uses: train, over: [n], inputs: { data: no }, with: { epochs: '\${{ params.epochs }}', k: -0 } }
             |                                                                                                     ^^
          hint: write 0, or quote it: '-0'

        pipeline.yaml:8:30: error[E_NUMBER]: 18014398509481985 is beyond 2^53, where numbers are no longer exact.
           8 |   - { stage: train, at: { n: 18014398509481985 }, metric: m, value: .inf }
             |                              ^^^^^^^^^^^^^^^^^
          hint: quote it to keep it as text: '18014398509481985'; or write 1.8014398509481984e+16, the nearest number

        pipeline.yaml:8:69: error[E_NUMBER]: .inf is not a number that results can be found by.
           8 |   - { stage: train, at: { n: 18014398509481985 }, metric: m, value: .inf }
             |                                                                     ^^^^
          hint: quote it to keep it as text: '.inf'
      `),
    );
  });

  it('stays as it is written in the words of a command', async () => {
    const words = '12345678901234567890, 007, 1.10, 0x1F, .inf, -0, 1e400, True, "0x1F"';
    const { tasks } = await pipelineOf(`name: x\nstages: { a: { run: [echo, ${words}] } }\n`);
    const { action } = tasks[0]!;
    expect(action.kind === 'command' && action.command.map(([part]) => part)).toEqual(
      ['echo', '12345678901234567890', '007', '1.10', '0x1F', '.inf', '-0', '1e400', 'True', '0x1F'].map((text) => ({
        text,
      })),
    );
  });
});

describe('a text', () => {
  it.each([
    ['"a\\0b"', 'This text holds a zero character, which ends texts elsewhere.'],
    ['"a\\ud800b"', 'This text holds half a character (a lone surrogate).'],
  ])('that no command can hold is told: %s', async (text, message) => {
    expect(await told(`name: x\nstages: { a: { run: [x, ${text}] } }\n`)).toEqual([`E_TEXT: ${message}`]);
    expect(await told(`name: x\nparams: { p: { ${text}: 1 } }\nstages: { a: { run: [x] } }\n`)).toEqual([
      `E_TEXT: ${message}`,
    ]);
  });

  it('may hold characters that are written as escapes, and lines that end as on Windows', async () => {
    const text =
      'name: x\r\nparams:\r\n  v: "\\e[1m\\ud83d\\ude00"\r\nstages: { a: { run: [x, \'${{ params.v }}\'] } }\r\n';
    expect((await pipelineOf(text)).params).toEqual({ v: '\u001b[1m😀' });
  });

  it('holds no control characters itself', async () => {
    expect(await mistakes('name: x\ndescription: a\u0007b\n')).toBe(
      'pipeline.yaml:2:15: error[E_YAML]: The file holds the control character U+0007 here.\n   2 | description: a\u0007b\n     |               ^\n',
    );
  });
});

describe('a value that JSON has not', () => {
  it.each([
    ['!!timestamp 2020-01-01', '!!timestamp'],
    ['!!binary aGk=', '!!binary'],
    ['!!set { a, b }', '!!set'],
    ['!!omap [{ a: 1 }]', '!!omap'],
    ['!mine 1', '!mine'],
  ])('is told: %s', async (value, tag) => {
    expect(await told(inParam(value))).toEqual([`E_YAML: The tag ${tag} means nothing here.`]);
    expect(await told(`name: x\naxes: { a: [${value}] }\nstages: { s: { run: [x], over: [a] } }\n`)).toHaveLength(1);
  });

  it('is told with all others of its line', async () => {
    const wrong = ['!!set', '!!timestamp', '!mine'].map((tag) => `E_YAML: The tag ${tag} means nothing here.`);
    expect(await told(inParam('{ a: !!set { b }, c: [!!timestamp 2020], d: !mine 1 }'))).toEqual(wrong);
  });

  it('is told what to write instead', async () => {
    expect(await mistakes(inParam('!!set { a }'))).toContain('  hint: write a list: [a, b]\n');
    expect(await mistakes(inParam('!mine 1'))).toContain('  hint: quote a text that begins with !\n');
  });

  it('is none because a file names an older YAML', async () => {
    expect(await told(`%YAML 1.1\n---\n${inParam('1')}`)).toEqual([
      'E_YAML: A pipeline file is YAML 1.2, which reads some values differently.',
    ]);
    expect(await pipelineOf(`%YAML 1.2\n---\n${inParam('yes')}`)).toMatchObject({ params: { v: 'yes' } });
  });
});

describe('merge keys', () => {
  it('bring what a map does not say itself', async () => {
    const text = lines(`
      name: x
      x-base: &base { outputs: { o: o.txt }, env: [HOME], retries: 1 }
      x-more: &more { retries: 2, timeout: 3 }
      stages:
        a: { <<: *base, run: [x], env: [LANG] }
        b: { run: [y], retries: 5, <<: [*more, *base] }
        c: { <<: [*more, *base], run: [z] }
        d: { <<: { run: [w] } }
    `);
    const { tasks } = await pipelineOf(text);
    const seen = tasks.map(({ outputs, env, retries = 0, timeout = 0 }) => ({ outputs, env, retries, timeout }));
    const outputs = { o: 'o.txt' };
    expect(seen).toEqual([
      { outputs, env: ['LANG'], retries: 1, timeout: 0 },
      { outputs, env: ['HOME'], retries: 5, timeout: 3 },
      { outputs, env: ['HOME'], retries: 2, timeout: 3 },
      { outputs: {}, env: [], retries: 0, timeout: 0 },
    ]);
    expect((await load(text)).diagnostics).toEqual([]);
  });

  it('and aliases have mistakes where they are written', async () => {
    const text = lines(`
      name: x
      x-with: &with { epochs: many }
      x-data: &data { data: dat }
      params: { <<: 5, p: &p ten, p: 3 }
      stages:
        data: { uses: dataset, with: { name: mnist } }
        train: { uses: train, inputs: *data, with: { <<: *with, learningRate: *p } }
    `);
    expect(await mistakes(text.replace('<<: 5, ', ''))).toBe(
      lines(`
        pipeline.yaml:2:25: error[E_TYPE]: "epochs" must be a whole number, not "many".
           2 | x-with: &with { epochs: many }
             |                         ^^^^

        pipeline.yaml:3:23: error[E_UNKNOWN_STAGE]: There is no stage "dat".
           3 | x-data: &data { data: dat }
             |                       ^^^
          hint: did you mean "data"?

        pipeline.yaml:4:22: error[E_DUPLICATE]: "p" is here twice.
           4 | params: { p: &p ten, p: 3 }
             |                      ^
          pipeline.yaml:4:11: "p" is first here
           4 | params: { p: &p ten, p: 3 }
             |           ^
          hint: rename one of them, or remove it

        pipeline.yaml:7:73: error[E_TYPE]: "learningRate" must be a number, not "ten".
           7 |   train: { uses: train, inputs: *data, with: { <<: *with, learningRate: *p } }
             |                                                                         ^^
      `),
    );
    expect(await told(text)).toEqual([
      'E_YAML: `<<` takes a map, or a list of maps.',
      'E_DUPLICATE: "p" is here twice.',
    ]);
    expect(await told('name: x\nparams: &a { b: { <<: *a } }\n')).toEqual(['E_YAML: `<<` brings a map into itself.']);
    expect(await told('name: x\nparams: { <<: *a }\n')).toEqual(['E_YAML: There is no anchor "&a" above.']);
  });

  it('and aliases that bring too much are refused', async () => {
    const chain = Array.from(
      { length: 1000 },
      (_, i) => `  m${i}: &m${i} { <<: [${i > 1 ? `*m${i - 1}, *m${i - 2}` : '{ a: 1 }'}] }`,
    );
    const list = Array.from({ length: 1000 }, (_, i) => `  l${i}: &l${i} [${i > 0 ? `*l${i - 1}` : ''}]`);
    const [wide, uses] = [
      Array.from({ length: 2000 }, (_, i) => `k${i}: 1`),
      Array.from({ length: 2000 }, (_, i) => `  s${i}: { <<: *w }`),
    ];
    for (const text of [
      `x-m:\n${chain.join('\n')}\nparams: *m999`,
      `params:\n${list.join('\n')}`,
      `x-w: &w { ${wide.join(', ')} }\nparams:\n${uses.join('\n')}`,
    ])
      expect(await told(`name: x\n${text}\n`)).toEqual(['E_YAML: The aliases in this file expand to too much.']);
  });
});

describe('an expression', () => {
  it.each([
    ['a param', "params: { p: '${{ params.q }}' }"],
    ['an axis', "axes: { a: ['${{ params.q }}'] }"],
    ['a profile', "profiles: { s: { p: 'x-${{ params.q }}' } }"],
    ['a description', "description: 'of ${{ params.q }}'"],
    ['an output', "stages: { s: { run: [x], outputs: { o: '${{ params.q }}.txt' } } }"],
    ['a file', "stages: { s: { run: [x], inputs: { f: { file: '${{ params.q }}' } } } }"],
    ['a timeout', "stages: { s: { run: [x], timeout: '${{ params.q }}' } }"],
    ['a resource', "stages: { s: { run: [x], resources: { memory: '${{ params.q }}' } } }"],
    ['a number of retries', "stages: { s: { run: [x], retries: '${{ params.q }}' } }"],
    ['an excluded point', "stages: { s: { run: [x], exclude: [{ a: '${{ params.q }}' }] } }"],
    ['a variable', "stages: { s: { run: [x], env: ['${{ params.q }}'] } }"],
    ['an expectation', "expect: [{ stage: s, at: { a: '${{ params.q }}' }, metric: m, value: 1 }]"],
    ['a source', "expect: [{ stage: s, metric: m, value: 1, source: '${{ params.q }}' }]"],
  ])('is told where it would be a text: in %s', async (_, line) => {
    const { diagnostics } = await load(`name: x\n${line}\n`);
    const found = diagnostics.filter(({ code }) => code === 'E_EXPRESSION');
    expect(found.map(({ message }) => message)).toEqual([
      'There are no expressions here: they are evaluated in `run:` and in the values of `with:`.',
    ]);
    const { start } = found[0]!.range!;
    expect(diagnostics.filter(({ range }) => range?.start === start)).toHaveLength(1);
  });

  it('is not told beside a key that no stage has', async () => {
    const stage = "command: 'echo ${{ params.p }}', steps: [{ run: '${{ params.p }}' }], run: [x]";
    expect(await told(`name: x\nparams: { p: 1 }\nstages: { s: { ${stage} } }\n`)).toEqual([
      'E_UNKNOWN_KEY: Unknown key "command".',
      'E_UNKNOWN_KEY: Unknown key "steps".',
    ]);
  });

  it('is told in a key', async () => {
    expect(await told("name: x\nparams: { '${{ a }}': 1 }\nstages: { s: { run: [x] } }\n")).toEqual([
      'E_EXPRESSION: A key is not an expression: they are evaluated in `run:` and in the values of `with:`.',
    ]);
    const inWith = "stages: { s: { uses: train, with: { '${{ a }}': 1 } } }";
    expect(await told(`name: x\n${inWith}\n`)).toContain(
      'E_EXPRESSION: A key is not an expression: they are evaluated in `run:` and in the values of `with:`.',
    );
  });

  it('is a text with another dollar before it', async () => {
    const text = "name: x\nparams: { p: '$${{ a }}' }\nstages: { s: { run: [x, 'b $${{ c }} ${{ params.p }}'] } }\n";
    const { params, tasks } = await pipelineOf(text);
    expect(params).toEqual({ p: '${{ a }}' });
    const { action } = tasks[0]!;
    expect(action.kind === 'command' && action.command[1]).toEqual([
      ...[{ text: 'b ' }, { text: '${{' }, { text: ' c }} ' }],
      { value: '${{ a }}' },
    ]);
  });

  it('is not recommended where there are none', async () => {
    expect(await mistakes("name: x\nstages: { s: { run: [x], timeout: '{{ params.t }}' } }\n")).not.toContain('${{');
  });
});
