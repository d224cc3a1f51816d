import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.js';
import { formatDiagnostics } from '../../../src/pipeline/text/format.js';
import { describeStage } from '../../../src/stage/describe.js';
import { testFolder, writeFiles } from '../../store/folder.js';

const part = (name: string, epochs: number) => `name: ${name}
axes: { n: [1, 2] }
params: { epochs: ${epochs} }
profiles: { smoke: { epochs: 1 } }
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample } }
  train:
    uses: train
    over: [n]
    inputs: { data: data }
    with: { network: lenet, k: 1, B: '\${{ n }}', epochs: '\${{ params.epochs }}' }
  ann: { uses: ann-infer, over: [n], inputs: { data: data, checkpoint: train } }
expect:
  - { stage: ann, at: { n: 1 }, metric: accuracy, min: 0.5, when: { epochs: ${epochs} } }
  - { stage: ann, metric: correct, equals: { stage: train, metric: correct } }
`;

const files = {
  'a.yaml': part('a', 10),
  'b.yaml': part('b', 20),
  'main.yaml': `name: main
include: { one: a.yaml, two: b.yaml }
profiles: { smoke: {} }
stages:
  plots: { uses: plot, inputs: { ann: [one/ann, two/ann], history: one/train.history } }
expect:
  - { stage: two/ann, at: { n: 2 }, metric: accuracy, min: 0.9 }
`,
};

async function load(
  changed: Readonly<Record<string, string>> = {},
  options: { set?: string[]; profile?: string; file?: string } = {},
) {
  const { file = 'main.yaml', ...call } = options;
  const folder = writeFiles(testFolder(), { ...files, ...changed });
  const loaded = await loadPipeline(join(folder, file), { resolveStage: describeStage, ...call });
  const text = formatDiagnostics(loaded.diagnostics, loaded.textOf).replaceAll(`${folder}/`, '');
  return { pipeline: loaded.pipeline, text };
}

describe('include', () => {
  it('puts whole pipelines side by side, their stages under a name', async () => {
    const { pipeline, text } = await load();
    expect(text).toBe('');
    expect(pipeline!.stages).toEqual(['one/data', 'one/train', 'one/ann', 'two/data', 'two/train', 'two/ann', 'plots']);
    expect(pipeline!.tasks.map(({ id }) => id).slice(0, 6)).toEqual([
      ...['one/data', 'one/train@n=1', 'one/train@n=2', 'one/ann@n=1', 'one/ann@n=2', 'two/data'],
    ]);
    const plots = pipeline!.tasks.at(-1)!;
    expect(plots.inputs).toEqual({
      ann: {
        kind: 'list',
        items: ['one/ann@n=1', 'one/ann@n=2', 'two/ann@n=1', 'two/ann@n=2'].map((task) => ({ task, output: 'result' })),
      },
      history: {
        kind: 'list',
        items: ['one/train@n=1', 'one/train@n=2'].map((task) => ({ task, output: 'history' })),
      },
    });
    expect(pipeline!.params).toEqual({ 'one/epochs': 10, 'two/epochs': 20 });
    expect(pipeline!.axes).toEqual({ 'one/n': [1, 2], 'two/n': [1, 2] });
    expect(pipeline!.expectations.map(({ tasks, expected }) => [tasks, expected])).toEqual([
      [['one/ann@n=1'], { kind: 'bounds', min: 0.5 }],
      [
        ['one/ann@n=1', 'one/ann@n=2'],
        { kind: 'equals', metric: 'correct', tasks: ['one/train@n=1', 'one/train@n=2'], tolerance: 0 },
      ],
      [['two/ann@n=1'], { kind: 'bounds', min: 0.5 }],
      [
        ['two/ann@n=1', 'two/ann@n=2'],
        { kind: 'equals', metric: 'correct', tasks: ['two/train@n=1', 'two/train@n=2'], tolerance: 0 },
      ],
      [['two/ann@n=2'], { kind: 'bounds', min: 0.9 }],
    ]);
  });

  it('makes the same tasks as the files by themselves', async () => {
    const [whole, alone] = [await load(), await load({}, { file: 'a.yaml' })];
    const contents = (tasks: NonNullable<typeof whole.pipeline>['tasks']) =>
      tasks.map(({ parameters, outputs, labels, axes, env }) => ({ parameters, outputs, labels, axes, env }));
    expect(contents(whole.pipeline!.tasks.slice(0, 5))).toEqual(contents(alone.pipeline!.tasks));
  });

  const epochsOf = (pipeline: Awaited<ReturnType<typeof load>>['pipeline']) =>
    ['one/train@n=1', 'two/train@n=1'].map(
      (wanted) => pipeline!.tasks.find(({ id }) => id === wanted)?.parameters.epochs,
    );

  it('passes the profile and settings on', async () => {
    expect(epochsOf((await load({}, { profile: 'smoke' })).pipeline)).toEqual([1, 1]);
    expect(epochsOf((await load({}, { set: ['two/epochs=3'] })).pipeline)).toEqual([10, 3]);
    expect(epochsOf((await load({}, { set: ['epochs=4'] })).pipeline)).toEqual([4, 4]);
    const { pipeline } = await load({}, { set: ['n=[2]'] });
    expect(pipeline!.tasks.map(({ id }) => id)).toContain('one/train@n=2');
    expect(
      pipeline!.expectations.map(({ tasks, inapplicable }) => [tasks, inapplicable?.map(({ name }) => name)]),
    ).toEqual([
      [['one/ann@n=1'], ['one/n']],
      [['one/ann@n=2'], undefined],
      [['two/ann@n=1'], ['two/n']],
      [['two/ann@n=2'], undefined],
      [['two/ann@n=2'], undefined],
    ]);
    expect((await load({}, { set: ['epohcs=4', 'two/epoch=3', 'tow/epochs=3'] })).text).toBe(
      `error[E_SET]: --set epohcs: there is no param or axis "epohcs".
  hint: did you mean "epochs"?

error[E_SET]: --set tow/epochs: there is no param or axis "tow/epochs".
  hint: known: epochs, n

error[E_SET]: --set epoch: there is no param or axis "epoch".
  hint: did you mean "epochs"?
`,
    );
  });

  it('wants the profile in every part', async () => {
    const without = { 'b.yaml': part('b', 20).replace('profiles: { smoke: { epochs: 1 } }\n', '') };
    expect((await load(without, { profile: 'smoke' })).text).toBe(
      `main.yaml:2:30: error[E_UNKNOWN_PROFILE]: This file has no profile "smoke".
   2 | include: { one: a.yaml, two: b.yaml }
     |                              ^^^^^^
  hint: if nothing changes there, write profiles: { smoke: {} }
`,
    );
    expect((await load({}, { profile: 'smok' })).text).toBe(
      'error[E_UNKNOWN_PROFILE]: There is no profile "smok".\n  hint: did you mean "smoke"?\n',
    );
    // Nor is one that only parts have out of reach.
    const none = { 'main.yaml': 'name: main\ninclude: { one: a.yaml }\n' };
    expect((await load(none, { profile: 'smok' })).text).toContain('hint: did you mean "smoke"?\n');
    expect((await load(none, { profile: 'smoke' })).pipeline).toBeDefined();
  });

  it('shows each mistake once, in the file that makes it', async () => {
    const { text } = await load({
      'a.yaml': part('a', 10).replace('network: lenet', 'network: 16C5-C'),
      'main.yaml': `name: main
include: { one: a.yaml, two: b.yaml }
stages:
  plots: { uses: plot, inputs: { ann: [one/ann, two/an], snn: thre/ann } }
  ann: { uses: ann-infer, inputs: { data: two/data, checkpoint: [two/train] } }
  two: { uses: dataset, with: { name: mnist } }
`,
    });
    expect(text).toMatch(/^a\.yaml:11:27: error\[E_VALUE\]: "C" is not a layer \(at n=1\)\.$/m);
    expect(text).toMatch(/^main\.yaml:2:25: error\[E_DUPLICATE\]: There is also a stage "two"\.$/m);
    expect(text).toMatch(/^main\.yaml:4:49: error\[E_UNKNOWN_STAGE\]: There is no stage "two\/an"\.$/m);
    expect(text).toContain('did you mean "two/ann"?');
    expect(text).toMatch(/^main\.yaml:4:63: error\[E_UNKNOWN_STAGE\]: There is no stage "thre\/ann"\.$/m);
    expect(text).toMatch(
      /^main\.yaml:5:65: error\[E_INPUT_LIST\]: The input "checkpoint" takes one artifact, not a list\.$/m,
    );
    expect(text.match(/error\[/g)).toHaveLength(5);
  });

  it('goes through folders, and through files that include and extend others', async () => {
    const { pipeline, text } = await load({
      'main.yaml': 'name: main\ninclude: { all: sub/all.yaml }\n',
      'sub/all.yaml': 'name: all\nextends: base.yaml\ninclude: { b: ../b.yaml }\n',
      'sub/base.yaml': 'include: { own: own.yaml }\n',
      'sub/own.yaml':
        "name: own\nstages: { x: { run: 'cat ${{ inputs.f }} > ${{ outputs.y }}', inputs: { f: { file: own.yaml } }, outputs: { y: y } } }\n",
    });
    expect(text).toBe('');
    expect(pipeline!.stages).toEqual(['all/own/x', 'all/b/data', 'all/b/train', 'all/b/ann']);
    expect(pipeline!.tasks[0]!.inputs.f).toMatchObject({ path: expect.stringMatching(/sub\/own\.yaml$/) as string });
  });

  it('says which file is missing, broken, or goes round in a circle', async () => {
    expect((await load({ 'main.yaml': 'name: m\ninclude: { a: no.yaml }\n' })).text).toMatch(
      /^main\.yaml:2:15: error\[E_FILE\]: "no\.yaml" can't be read: there is no such file\.$/m,
    );
    expect((await load({ 'a.yaml': 'a: [1\n' })).text).toMatch(/^a\.yaml:1:4: error\[E_YAML\]/m);
    expect((await load({ 'a.yaml': 'name: a\ninclude: { m: main.yaml }\n' })).text).toMatch(
      /^a\.yaml:2:15: error\[E_CYCLE\]: The files include each other: main\.yaml → a\.yaml → main\.yaml\.$/m,
    );
    expect((await load({ 'main.yaml': 'name: m\ninclude: a.yaml\n' })).text).toMatch(
      /^main\.yaml:2:10: error\[E_TYPE\]/m,
    );
    expect((await load({ 'main.yaml': 'name: m\ninclude: { a/b: a.yaml }\n' })).text).toMatch(
      /^main\.yaml:2:12: error\[E_VALUE\]/m,
    );
  });
});

describe('a file that is included twice', () => {
  it('has its mistakes told once', async () => {
    const wrong = part('a', 10)
      .replace('data: data, checkpoint', 'data: dat, checkpoint')
      .replace('epochs: 10', 'epochs: .nan');
    const main = 'name: main\ninclude: { one: a.yaml, two: a.yaml }\n';
    const { text } = await load({ 'a.yaml': wrong, 'main.yaml': main });
    expect(text.match(/^.*error.*$/gm)).toEqual([
      'a.yaml:3:19: error[E_NUMBER]: .nan is not a number that results can be found by.',
      'a.yaml:12:54: error[E_UNKNOWN_STAGE]: There is no stage "dat".',
    ]);
  });

  it('by files that are included twice is refused where it becomes too much', async () => {
    const level = (i: number) =>
      [`l${i}.yaml`, `name: l${i}\ninclude: { a: l${i + 1}.yaml, b: l${i + 1}.yaml }\n`] as const;
    const levels = Object.fromEntries(Array.from({ length: 16 }, (_, i) => level(i)));
    const { text } = await load(
      { ...levels, 'l16.yaml': 'name: l16\nstages: { s: { run: [x] } }\n' },
      { file: 'l0.yaml' },
    );
    expect(text.match(/^.*error.*$/gm)).toEqual([
      expect.stringMatching(
        /^l\d+\.yaml:2:\d+: error\[E_INCLUDE\]: With this file there would be more than 1000 parts or 100000 stages\.$/,
      ),
    ]);
  });
});

describe('expectations of another run', () => {
  it('are kept, and say what differs', async () => {
    const { pipeline } = await load({}, { profile: 'smoke' });
    expect(pipeline!.expectations.map(({ inapplicable }) => inapplicable)).toEqual([
      [{ name: 'one/epochs', wanted: 10, actual: 1 }],
      undefined,
      [{ name: 'two/epochs', wanted: 20, actual: 1 }],
      undefined,
      undefined,
    ]);
  });

  it('must name params that there are', async () => {
    const { text } = await load(
      { 'a.yaml': part('a', 10).replace('when: { epochs', 'when: { epoch') },
      { file: 'a.yaml' },
    );
    expect(text).toMatch(/^a\.yaml:14:69: error\[E_UNKNOWN_PARAM\]: There is no param "epoch"\.$/m);
    expect(text).toContain('did you mean "epochs"?');
  });

  it('leaves all that a file names in the folder of that file, whoever includes or extends it', async () => {
    const absolute = join(writeFiles(testFolder(), { 'i.npy': '' }), 'i.npy');
    const { pipeline, text } = await load(
      {
        'lib/base.yaml': `name: base
params: { labels: l.npy }
stages:
  say: { run: [cat, x.txt], env: [A] }
  data:
    uses: dataset
    with:
      name: custom
      train: { images: i.npy, labels: '\${{ params.labels }}' }
      test: { images: ${absolute}, labels: '\${{ params.labels }}.gz' }
`,
        'lib/i.npy': '',
        'mid/own.npy': '',
        'mid/own.npy.gz': '',
        'mid/mine.yaml': `name: mine
extends: ../lib/base.yaml
params: { labels: own.npy }
stages:
  say: { env: [B] }
  other: { run: pwd }
`,
        'top.yaml': 'name: top\ninclude: { part: mid/mine.yaml }\nstages: { own: { run: pwd } }\n',
      },
      { file: 'top.yaml' },
    );
    expect(text).toBe('');
    const folders = pipeline!.tasks.map(({ stage, folder }) => [stage, relative(pipeline!.folder, folder)]);
    expect(folders).toEqual([
      ['part/say', 'lib'],
      ['part/data', 'lib'],
      ['part/other', 'mid'],
      ['own', ''],
    ]);
    expect(pipeline!.tasks[1]!.parameters).toMatchObject({
      train: { images: 'lib/i.npy', labels: 'mid/own.npy' },
      test: { images: absolute, labels: 'mid/own.npy.gz' },
    });
  });

  it('pairs points by their values, not by what they are called', async () => {
    const make = 'axes: { v: [VALUE] }\nstages: { a: { run: [x], over: [v], outputs: { o: o } } }';
    const { text } = await load(
      {
        'p.yaml': `name: p\n${make.replace('VALUE', '1')}\n`,
        'q.yaml': `name: q
include: { p: p.yaml }
axes: { v: ["1"] }
stages: { b: { run: [y], over: [v], inputs: { i: p/a } } }
`,
      },
      { file: 'q.yaml' },
    );
    expect(text).toContain('"b" has "1" on the axis "v", and "p/a" has 1');
    expect(text).not.toContain('exclude');
  });

  it('says which value an included file lacks, also where that has the label for another', async () => {
    const messageOf = async (theirs: string, ours: string) => {
      const { text } = await load(
        {
          'p.yaml': `name: p\naxes: { v: [${theirs}] }\nstages: { a: { run: [x], over: [v], outputs: { o: o } } }\n`,
          'q.yaml': `name: q
include: { p: p.yaml }
axes: { v: [${ours}] }
stages: { b: { run: [y], over: [v], inputs: { i: p/a } } }
`,
        },
        { file: 'q.yaml' },
      );
      expect(text).toContain('hint: give both the same values, or add exclude: [{ v: ');
      return /"b" has .*/.exec(text)?.[0];
    };
    expect(await messageOf('1, 2', '2, 3')).toBe('"b" has 3 on the axis "v", and "p/a" has no such value (at v=3).');
    expect(await messageOf('{ label: big, k: 1 }', '{ label: big, k: 2 }')).toBe(
      '"b" has {"label":"big","k":2} on the axis "v", and "p/a" has no such value: its big is {"label":"big","k":1} (at v=big).',
    );
  });
});
