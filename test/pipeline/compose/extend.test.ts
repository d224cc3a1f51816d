import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.js';
import { formatDiagnostics } from '../../../src/pipeline/text/format.js';
import { describeStage } from '../../../src/stage/describe.js';
import { testFolder, writeFiles } from '../../store/folder.js';

const base = `name: base
description: Shared.
axes: { n: [1, 2] }
params: { epochs: 10, words: hello }
profiles: { smoke: { epochs: 1 } }
stages:
  make: { run: 'echo \${{ n }} \${{ params.words }} > \${{ outputs.x }}', over: [n], outputs: { x: x.txt } }
  read:
    run: 'cat \${{ inputs.x }} \${{ inputs.f }} > \${{ outputs.y }}'
    inputs: { x: make, f: { file: f.txt } }
    outputs: { y: y.txt }
  train:
    uses: train
    inputs: { data: data }
    with: { network: lenet, k: 1, B: 2, epochs: '\${{ params.epochs }}' }
  data: { uses: dataset, with: { name: fashion-mnist-sample } }
expect:
  - { stage: train, metric: accuracy, min: 0.5 }
  - { stage: make, at: { n: 1 }, metric: loss, max: 1 }
`;

/** Files in a folder; loads `main.yaml` of them. */
async function load(files: Readonly<Record<string, string>>, options: { set?: string[]; profile?: string } = {}) {
  const folder = writeFiles(testFolder(), files);
  const loaded = await loadPipeline(join(folder, 'main.yaml'), { resolveStage: describeStage, ...options });
  const text = formatDiagnostics(loaded.diagnostics, loaded.textOf).replaceAll(`${folder}/`, '');
  return { folder, pipeline: loaded.pipeline, text };
}

const file = (rest: string) => ({
  'base.yaml': base,
  'f.txt': 'f',
  'main.yaml': `name: main\nextends: base.yaml\n${rest}`,
});

describe('extends', () => {
  it('takes what the other file says', async () => {
    const { pipeline, text } = await load(file(''));
    expect(text).toBe('');
    expect(pipeline).toMatchObject({ name: 'main', params: { epochs: 10 }, axes: { n: [1, 2] } });
    expect(pipeline!.description).toBeUndefined();
    expect(pipeline!.tasks.map(({ id }) => id)).toEqual(['make@n=1', 'make@n=2', 'read', 'data', 'train']);
    expect(pipeline!.expectations).toHaveLength(2);
  });

  it('replaces axes and params by name, and stages by section', async () => {
    const { pipeline, text } = await load(
      file(`axes: { n: [1] }
params: { words: bye }
profiles: { smoke: { words: tiny }, long: { epochs: 99 } }
stages:
  read: { run: [cat, '\${{ inputs.f }}'], env: [HOME] }
  train: { with: { k: 0, batch: 50 } }
  own: { run: 'wc \${{ inputs.y }} > \${{ outputs.c }}', inputs: { y: read }, outputs: { c: c.txt } }
`),
      { profile: 'smoke' },
    );
    expect(text).toBe('');
    const byId = new Map(pipeline!.tasks.map((task) => [task.id as string, task]));
    expect([...byId.keys()]).toEqual(['make@n=1', 'read', 'data', 'train', 'own']);
    expect(pipeline!.params).toEqual({ epochs: 1, words: 'tiny' });
    expect(byId.get('train')!.parameters).toMatchObject({ network: 'lenet', k: 0, B: 2, epochs: 1, batch: 50 });
    expect(byId.get('read')).toMatchObject({ env: ['HOME'], outputs: { y: 'y.txt' }, action: { kind: 'command' } });
    expect(Object.keys(byId.get('read')!.inputs)).toEqual(['x', 'f']);
  });

  it('leaves out stages that are null, with what is expected of them', async () => {
    const { pipeline, text } = await load(file('stages: { train: null, data: }\n'));
    expect(text).toBe('');
    expect(pipeline!.tasks.map(({ id }) => id)).toEqual(['make@n=1', 'make@n=2', 'read']);
    expect(pipeline!.expectations.map(({ metric }) => metric)).toEqual(['loss']);
  });

  it('takes no map for the name of a stage that is left out', async () => {
    const { text } = await load(
      file('stages: { train: null }\nexpect: [{ stage: { toString: 0 }, metric: m, min: 1 }]\n'),
    );
    expect(text).toContain('"stage" must be text, not a map');
  });

  it('keeps what is expected once, however the files meet, and lets a file change it', async () => {
    const files = {
      ...file(''),
      'one.yaml': 'extends: base.yaml\n',
      'two.yaml': 'extends: [base.yaml, one.yaml]\nexpect: [{ stage: make, at: { n: 1 }, metric: loss, min: 2 }]\n',
      'main.yaml':
        'name: main\nextends: [base.yaml, one.yaml, two.yaml]\nexpect: [{ metric: accuracy, stage: train, min: 0.7 }]\n',
    };
    const { pipeline, text } = await load(files);
    expect(text).toBe('');
    expect(pipeline!.expectations.map(({ tasks, metric, expected }) => ({ tasks, metric, expected }))).toEqual([
      { tasks: ['make@n=1'], metric: 'loss', expected: { kind: 'bounds', min: 2 } },
      { tasks: ['train'], metric: 'accuracy', expected: { kind: 'bounds', min: 0.7 } },
    ]);
  });

  it('leaves out inputs that are null, and tells nulls that leave out nothing', async () => {
    const { pipeline, text } = await load(
      file("stages: { read: { inputs: { x: null }, run: [cat, '${{ inputs.f }}'] } }\n"),
    );
    expect(text).toBe('');
    expect(Object.keys(pipeline!.tasks.find(({ id }) => id === 'read')!.inputs)).toEqual(['f']);
    const wrong = await load(file('stages:\n  trian: null\n  lib/a: null\n  read: { inputs: { y: null } }\n'));
    expect(wrong.text).toBe(`main.yaml:4:3: error[E_NOTHING]: There is no stage "trian" to leave out.
   4 |   trian: null
     |   ^^^^^
  hint: did you mean "train"?

main.yaml:5:3: error[E_NOTHING]: There is no stage "lib/a" to leave out.
   5 |   lib/a: null
     |   ^^^^^
  hint: stages of included files stay

main.yaml:6:21: error[E_NOTHING]: There is no input "y" to leave out.
   6 |   read: { inputs: { y: null } }
     |                     ^
  hint: known: x, f
`);
  });

  it('leaves out whatever has a name and is null, and keeps null where it is a value', async () => {
    const good = await load(
      file(
        'axes: { n: null, m: [7] }\nprofiles: { smoke: null }\nparams: { words: null }\nexpect: null\n' +
          'stages: { make: { over: [m], run: "echo > ${{ outputs.x }}" } }\n',
      ),
    );
    // Nothing is wrong but that nobody uses the param any more.
    expect(good.text.match(/error.*|warning.*/g)).toEqual(['warning[W_UNUSED]: No stage uses the param "words".']);
    expect(good.pipeline).toMatchObject({ axes: { m: [7] }, params: { epochs: 10, words: null }, expectations: [] });
    const wrong = await load(
      file('axes: { nn: null }\nprofiles: { smoek: null }\nslurm: null\nstages: { make: { envv: null, env: null } }\n'),
    );
    expect(wrong.text.match(/error.*|hint.*/g)).toEqual([
      'error[E_NOTHING]: There is no axis "nn" to leave out.',
      'hint: did you mean "n"?',
      'error[E_NOTHING]: There is no profile "smoek" to leave out.',
      'hint: did you mean "smoke"?',
      'error[E_NOTHING]: There is no section "slurm" to leave out.',
      expect.stringMatching(/^hint: /),
      'error[E_NOTHING]: There is no section "envv" to leave out.',
      expect.stringMatching(/^hint: /),
      'error[E_NOTHING]: There is no section "env" to leave out.',
      expect.stringMatching(/^hint: /),
    ]);
  });

  it('tells in a file that extends none what a null would do', async () => {
    const hints = async (text: string) => (await load({ 'main.yaml': text })).text.match(/(?<=error.*\]: |hint: ).*/g);
    const stages = "stages: { a: { run: 'true' } }\n";
    const nothing = 'A null leaves out what the files under extends: say. This file extends none.';
    expect(await hints(`name: n\naxes: { k: null }\nprofiles: { x: null }\ncache: null\n${stages}`)).toEqual([
      '"k" must be a list of values, or { values: [1, 2, 3], repeat: true }, but it is empty.',
      nothing,
      '"x" must be a map, but it is empty.',
      nothing,
      '"cache" must be a map, but it is empty.',
      nothing,
    ]);
    expect(await hints(`name: n\nexpect: [null]\n${stages}`)).toEqual([
      'Item 1 of "expect" must be a map, but it is empty.',
      'A null does not leave out a single expectation. To leave out all that the files under extends: expect, write expect: null.',
    ]);
    expect(
      await hints("name: n\nstages: { a: null, b: { run: 'true', inputs: { x: null }, outputs: { o: null } } }\n"),
    ).toEqual([
      '"a" must be a map, but it is empty.',
      nothing,
      '"x" must be a stage, stage.output, a list of them, or { file: path }, but it is empty.',
      expect.stringMatching(/at: \{ axis: value \} \}\. A null leaves out .*extends none\.$/),
      // Single outputs are not left out.
      '"o" must be text, but it is empty.',
    ]);
  });

  it('reads files that extend each other twice in one walk', async () => {
    const level = (i: number) => [`l${i}.yaml`, `extends: [l${i + 1}.yaml, ./l${i + 1}.yaml]\n`] as const;
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => level(i)));
    const { pipeline, text } = await load({
      ...files,
      'l40.yaml': base.replace('f.txt', 'main.yaml'),
      'main.yaml': 'name: main\nextends: l0.yaml\n',
    });
    expect([text, pipeline!.expectations.length]).toEqual(['', 2]);
  });

  it('reads several files, each relative to the one that names it, and paths relative to where they are written', async () => {
    const { folder, pipeline, text } = await load({
      'main.yaml': 'name: main\nextends: [parts/one.yaml, two.yaml]\n',
      'two.yaml': "name: two\nparams: { p: 2 }\nstages: { b: { run: 'true', outputs: { y: y } } }\n",
      'parts/one.yaml': 'extends: deep/zero.yaml\nparams: { p: 1, q: 1 }\n',
      'parts/deep/zero.yaml':
        "stages:\n  a: { run: 'cat ${{ inputs.f }}', inputs: { f: { file: ../f.txt } }, outputs: { x: x } }\n  s: { uses: ./s.mjs }\n",
      'parts/f.txt': 'f',
      'parts/deep/s.mjs':
        "import { defineStage, Type } from 'spikeline';\nexport default defineStage({ name: 's', summary: 'S', parameters: Type.Object({}), inputs: {}, outputs: { o: { description: 'O', path: 'o' } }, run: async () => undefined });\n",
    });
    expect(text).toBe('');
    expect(pipeline!.params).toEqual({ p: 2, q: 1 });
    const [a, s, b] = pipeline!.tasks;
    expect(a!.inputs.f).toMatchObject({ kind: 'file', path: join(folder, 'parts/f.txt') });
    expect(s!.action).toMatchObject({ kind: 'stage', uses: './parts/deep/s.mjs' });
    expect(b!.id).toBe('b');
  });

  it.each([
    ['file:cache', 'file:./parts/cache'],
    ['file:../cache', 'file:./cache'],
    ['file:/shared/cache', 'file:/shared/cache'],
    ['file:~/cache', 'file:~/cache'],
    ['https://cache.example.org/', 'https://cache.example.org/'],
  ])('finds the cache that a part names relative to it: %s', async (remote, found) => {
    const part = `cache: { remote: '${remote}', readOnly: true }\n`;
    const main = 'name: main\nextends: parts/cache.yaml\nstages: { a: { run: "true", outputs: { x: x } } }\n';
    const { pipeline, text } = await load({ 'parts/cache.yaml': part, 'main.yaml': main });
    expect([text, pipeline?.cache]).toEqual(['', { remote: found, readOnly: true }]);
  });

  it('shows each mistake in the file that makes it', async () => {
    const { text } = await load({
      'base.yaml': base.replace('epochs: 10', 'epochs: ten').replace('x: make', 'x: mak'),
      'f.txt': 'f',
      'main.yaml': 'name: main\nextends: base.yaml\nstages:\n  train: { with: { kk: 1 } }\n  more: { uses: plott }\n',
    });
    expect(text).toMatch(/^base\.yaml:10:18: error\[E_UNKNOWN_STAGE\]: There is no stage "mak"\.$/m);
    expect(text).toMatch(/^main\.yaml:4:20: error\[E_UNKNOWN_KEY\]/m);
    expect(text).toMatch(/^main\.yaml:5:17: error\[E_UNKNOWN_STAGE\]/m);
    expect(text).toContain('  10 |     inputs: { x: mak, f: { file: f.txt } }\n     |                  ^^^\n');
  });

  it('says which file is missing, broken, or goes round in a circle', async () => {
    expect((await load({ 'main.yaml': 'name: m\nextends: nothing.yaml\n' })).text).toMatch(
      /^main\.yaml:2:10: error\[E_FILE\]: "nothing\.yaml" can't be read: there is no such file\.\n {3}2 \| extends: nothing\.yaml\n {5}\| {10}\^{12}\n {2}hint: paths are relative/,
    );
    expect((await load({ 'main.yaml': 'name: m\nextends: b.yaml\n', 'b.yaml': 'a: [1\n' })).text).toMatch(
      /^b\.yaml:1:4: error\[E_YAML\]/,
    );
    expect(
      (await load({ 'main.yaml': 'name: m\nextends: b.yaml\n', 'b.yaml': 'extends: [main.yaml]\n' })).text,
    ).toBe(`b.yaml:1:11: error[E_CYCLE]: The files extend each other: main.yaml → b.yaml → main.yaml.
   1 | extends: [main.yaml]
     |           ^^^^^^^^^
  hint: remove one of these \`extends:\`
`);
    expect((await load({ 'main.yaml': 'name: m\nextends: 5\n' })).text).toMatch(/^main\.yaml:2:10: error\[E_TYPE\]/m);
    expect((await load({ 'main.yaml': 'name: m\nextends: b.yaml\n', 'b.yaml': '- 1\n' })).text).toMatch(
      /^main\.yaml:2:10: error\[E_TYPE\]: "b\.yaml" is not a pipeline file: it must be a map\.$/m,
    );
  });
});
