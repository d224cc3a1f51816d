import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { test } from './program.js';

const pipeline = `name: p
axes: { n: [1, 2] }
params: { extra: 10 }
stages:
  one: { run: 'echo \${{ n }}', over: [n] }
  all: { run: 'echo \${{ params.extra }}' }
`;

/** Each call with what it says on standard error; all exit with 2 and print nothing else. */
const mistakes: readonly (readonly [call: string, message: string])[] = [
  ['rnu p.yaml', 'There is no command "rnu".\n  hint: did you mean "run"?\n'],
  ['run p.yaml --keep-goin', "error: unknown option '--keep-goin'\n(Did you mean --keep-going?)\n"],
  ['run p.yaml --jobs 0', '--jobs 0: it must be a whole number, 1 or more.\n'],
  ['run p.yaml --reporter jsn', 'There is no reporter "jsn".\n  hint: known: auto, plain, json\n'],
  ['run p.yaml al', 'There is no stage "al".\n  hint: did you mean "all"?\n'],
  ['run p.yaml one@n=3', '"one@n=3": there is no task at n=3.\n  hint: its values are 1, 2\n'],
  ['run p.yaml --force al', 'There is no stage "al".\n  hint: did you mean "all"?\n'],
  ['run --force p.yaml', '--force p.yaml: that is a file, not a stage or task.\n  hint: put --force after the file\n'],
  [
    'run p.yaml --set extr=1',
    'error[E_SET]: --set extr: there is no param or axis "extr".\n  hint: did you mean "extra"?\n\n1 error in p.yaml\n',
  ],
  [
    'run p.yaml --profile x',
    'error[E_UNKNOWN_PROFILE]: There is no profile "x".\n  hint: the file declares no profiles\n\n1 error in p.yaml\n',
  ],
  [
    'run p.yaml --artifacts p.yaml',
    'p.yaml is a file, but results need a folder.\n  hint: choose a folder with --artifacts\n',
  ],
  ['run none.yaml', "error[E_FILE]: none.yaml can't be read: there is no such file.\n\n1 error in none.yaml\n"],
  [
    'show',
    'Which pipeline file? This folder has p.yaml, q.yml.\n  hint: name it after the command, such as npx spikeline run FILE\n',
  ],
  ['log p.yaml one', '"one" stands for 2 tasks, and one is needed.\n  hint: choose one: one@n=1 one@n=2\n'],
  ['show p.yaml --csv --md', 'Choose one of --json, --csv and --md.\n'],
  ['stages trian', 'There is no stage "trian".\n  hint: did you mean "train"?\n'],
  ['validate', "error: missing required argument 'files'\n"],
];

describe.concurrent('mistakes in the call', () => {
  test.for(mistakes)('%s', async ([call, message], { box }) => {
    box.write('p.yaml', pipeline);
    box.write('q.yml', pipeline);
    const { code, out, err } = await box.run(call.split(' '));
    expect([code, out, err]).toEqual([2, '', message]);
    expect(box.has('artifacts')).toBe(false);
  });
});

test.skipIf(process.platform === 'win32')('a pipe of the shell’s is no pipeline file', ({ box }) => {
  const call = ['-c', 'echo "name: p" | "$0" "$1" run /dev/stdin', process.execPath, box.program];
  const { status, stderr } = spawnSync('sh', call, { cwd: box.folder, encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    2,
    "error[E_FILE]: /dev/stdin can't be read: it is a pipe.\n\n1 error in /dev/stdin\n",
  ]);
});

test('a call in a folder of a project is told of the pipeline above', ({ box }) => {
  box.write('project/package.json', '{}');
  box.write('project/compose.yaml', 'services: {}\n');
  box.write('project/p.yaml', pipeline);
  box.write('other/deep/package.json', '{}');
  box.write('other/deep/src/x.ts', '');
  box.write('other/q.yaml', pipeline);
  const said = (folder: string) =>
    spawnSync(box.node, [box.program, 'status'], { cwd: box.path(folder), encoding: 'utf8' }).stderr;
  const text = 'Which pipeline file? There is none in this folder.\n  hint: name it after the command, such as';
  mkdirSync(box.path('project/stages/more'), { recursive: true });
  expect(said('project/stages')).toBe(`${text} npx spikeline run ../p.yaml\n`);
  expect(said('project/stages/more')).toBe(`${text} npx spikeline run ../../p.yaml\n`);
  // That of another project is not meant.
  expect(said('other/deep/src')).toBe(`${text} npx spikeline run FILE\n`);
});

describe.concurrent('mistakes in the file', () => {
  test('are shown all at once, each at its place, by every command', async ({ box }) => {
    box.write('good.yaml', pipeline);
    box.write(
      'bad.yaml',
      `name: bad
stages:
  data: { run: 'true', outputs: { x: x } }
  train: { uses: trian, inputs: { data: data } }
  own: { run: [cat, '\${{ inputs.data }}'], inputs: { data: dat } }
`,
    );
    const said = `bad.yaml:4:18: error[E_UNKNOWN_STAGE]: There is no stage "trian".
   4 |   train: { uses: trian, inputs: { data: data } }
     |                  ^^^^^
  hint: did you mean "train"?

bad.yaml:5:60: error[E_UNKNOWN_STAGE]: There is no stage "dat".
   5 |   own: { run: [cat, '\${{ inputs.data }}'], inputs: { data: dat } }
     |                                                            ^^^
  hint: did you mean "data"?

2 errors in bad.yaml
`;
    const validated = await box.run(['validate', 'good.yaml', 'bad.yaml']);
    expect(validated).toEqual({
      code: 2,
      out: `good.yaml: 2 stages, 3 tasks, no mistakes
  without outputs: one, all. Such a stage runs once, and again when its command, parameters or inputs change;
  to keep what it makes, declare it: outputs: { result: result.txt }, written to \${{ outputs.result }}
`,
      err: said,
    });
    for (const command of ['run', 'status'])
      expect(await box.run([command, 'bad.yaml'])).toEqual({ code: 2, out: '', err: said });
  });
});

describe.concurrent('the call', () => {
  test('is told of so many mistakes and warnings as one reads, and of how many more there are', async ({ box }) => {
    const params = Array.from({ length: 250 }, (_, i) => `p${i}: 1`).join(', ');
    box.write('p.yaml', `name: p\nparams: { ${params} }\nstages: { s: { run: 'true', outputs: { o: o } } }\n`);
    const { code, out, err } = await box.run(['validate', 'p.yaml']);
    expect([code, out]).toEqual([0, 'p.yaml: 1 stage, 1 task, 250 warnings\n']);
    expect(err.match(/W_UNUSED/g)).toHaveLength(100);
    const more = '\n\n… and 150 more: validate --json lists them\n';
    expect(err.endsWith(more)).toBe(true);
    expect(JSON.parse((await box.run(['validate', 'p.yaml', '--json'])).out)).toHaveLength(250);

    box.write('bad.yaml', `name: p\n${Array.from({ length: 250 }, (_, i) => `k${i}: 1\n`).join('')}stages: {}\n`);
    for (const command of ['validate', 'run', 'plan']) {
      const bad = await box.run([command, 'bad.yaml'], { GITHUB_ACTIONS: 'true' });
      expect([bad.code, bad.err.match(/E_UNKNOWN_KEY/g)?.length]).toEqual([2, 100]);
      expect(bad.err.endsWith(`${more}\n250 errors in bad.yaml\n`)).toBe(true);
      expect(bad.out.match(/^::error/gm)).toHaveLength(100);
    }

    const files = Array.from({ length: 120 }, (_, i) => `f${i}.txt`);
    for (const file of files) box.write(file, '');
    box.write(
      'u.yaml',
      `name: u\nstages: { s: { run: 'cat ${files.join(' ')} > \${{ outputs.o }}', outputs: { o: o } } }\n`,
    );
    const warned = (await box.events(['u.yaml'])).filter(({ event }) => event === 'warning');
    expect([warned.length, warned.at(-1)?.message]).toEqual([101, '… and 20 more: validate --json lists them']);
  });

  test('name data that are not there before they are wanted', async ({ box }) => {
    box.write('p.yaml', 'name: p\nstages: { data: { uses: dataset, with: { name: mnist, source: ./none } } }\n');
    const [validated, planned] = await Promise.all([box.run(['validate', 'p.yaml']), box.run(['plan', 'p.yaml'])]);
    expect([validated.code, validated.out]).toEqual([0, 'p.yaml: 1 stage, 1 task, 1 warning\n']);
    expect(validated.err).toContain('warning[W_FILE]: "data" reads "./none" (source), but there is no such file');
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining('\n       there is no ./none (source): ')]);
  });

  test('needs no file where there is only one', async ({ box }) => {
    box.write('p.yaml', pipeline);
    expect(await box.outcomes([])).toEqual({ 'one@n=1': 'ran', 'one@n=2': 'ran', all: 'ran' });
  });

  test('without a command shows the help, and exits with 2; --help with 0', async ({ box }) => {
    const [nothing, help, ofRun, version] = await Promise.all(
      [[], ['--help'], ['run', '--help'], ['--version']].map((args) => box.run(args)),
    );
    expect([nothing!.code, help!.code, ofRun!.code, version!.code]).toEqual([2, 0, 0, 0]);
    expect(help!.out).toContain('Examples:\n  npx spikeline run pipelines/quickstart.yaml\n');
    expect(nothing!.out).toBe(help!.out);
    expect(ofRun!.out).toContain('--keep-going');
    expect(version!.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('may end before all is read', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const running = box.start(['status', 'p.yaml']);
    running.child.stdout!.destroy();
    expect(await running.result).toMatchObject({ code: 0, err: '' });
  });
});
