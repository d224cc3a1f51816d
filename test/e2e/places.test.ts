import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import type { Failure } from '../../src/run/events.js';
import { type Sandbox, test } from './program.js';

const stage = `import { copyFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'mine', summary: 'Mine', parameters: Type.Object({}), inputs: { in: { description: 'A file' } },
  outputs: { x: { description: 'The same', path: 'x' } },
  async run({ inputs, outputs }) { copyFileSync(inputs.in!.path, outputs.x!); },
});
`;
const pipeline = `name: p
stages:
  one: { run: 'echo 1 > \${{ outputs.x }}', outputs: { x: x } }
  list: { run: [cp, '\${{ inputs.one }}', '\${{ outputs.y }}'], inputs: { one: one }, outputs: { y: y } }
  own: { uses: ./mine.ts, inputs: { in: list } }
`;

/** Calls the program by the shell, in an environment and a folder of its own. */
function shell(box: Sandbox, script: string, env: Readonly<Record<string, string>> = {}) {
  const S = `${process.execPath} ${join(buildFolder, 'cli.cjs')}`;
  const given = { PATH: process.env.PATH, CI: 'true', XDG_CONFIG_HOME: box.path('.config'), S, ...env };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: box.folder, env: given, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** Is there a file system beside that of temporary folders? */
const otherDisk = existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev;

const ran = (count: number, cached: number) =>
  expect.stringContaining(`\np: ran ${count}, cached ${cached}, failed 0 `);

describe.concurrent('the program works', () => {
  test.for(['a b\n\'q\' "d" #%20?[*]{x}', '${{ x }} ünï$HOME;&|'])('in a folder of any name: %s', (name, { box }) => {
    box.write(`${name}/${name}.yaml`, pipeline);
    box.write(`${name}/mine.ts`, stage);
    const call = (command: string) => shell(box, `cd "$FOLDER" && $S ${command} "$FOLDER.yaml"`, { FOLDER: name });
    expect(call('run')).toEqual({ code: 0, out: ran(3, 0), err: '' });
    expect(call('run')).toEqual({ code: 0, out: ran(0, 3), err: '' });
    expect(call('verify')).toEqual({ code: 0, out: expect.stringContaining('\np: ') as string, err: '' });
  });

  test('on a project where nothing has run: whatever only looks says so, and writes nothing', ({ box }) => {
    box.write('p/p.yaml', `${pipeline}expect: [{ stage: own, metric: n, value: 1 }]\n`);
    box.write('p/mine.ts', stage);
    chmodSync(box.path('p'), 0o555);
    const nothing = 'Nothing has run yet: there is no store in artifacts.\n';
    const first = `${nothing}  hint: run it first: npx spikeline run p.yaml\n`;
    const seen = [
      ['status', 'never run here', 0],
      ['plan', '3 to run, 0 cached', 0],
      ['graph', 'missing', 0],
      ['show', 'No results yet. Run it first: ', 0],
      ['show --runs', 'No runs yet. Run it first: ', 0],
      ['diff', 'There are no two runs that differ.', 0],
      ['diff --list', 'No runs yet. Run it first: ', 0],
      ['check', 'Results are missing or out of date: ', 1],
      ['verify', first, 1],
      ['gc', nothing, 0],
      ['gc --dry-run', nothing, 0],
      ['publish ../crate', first, 1],
      ['cache status', '0 of 3 here', 0],
      ['cache push', '0 of 0 results shared', 0],
    ] as const;
    const remote = { SPIKELINE_REMOTE: `file:${box.path('remote')}` };
    for (const [command, words, code] of seen) {
      const result = shell(box, `cd p && $S ${command} p.yaml`, remote);
      expect([command, result.code, result.out + result.err]).toEqual([command, code, expect.stringContaining(words)]);
    }
    const ofTask = { log: 'one has no log: it has not run here.', why: 'never run here' };
    for (const [command, words] of Object.entries(ofTask))
      expect(shell(box, `cd p && $S ${command} p.yaml one`).out).toContain(words);
    for (const command of ['gc', 'gc p.yaml', 'verify p.yaml', 'publish ../crate p.yaml'])
      expect(shell(box, `cd p && $S ${command}`).out).toBe('');
    expect(readdirSync(box.path('p')).sort()).toEqual(['mine.ts', 'p.yaml']);
    chmodSync(box.path('p'), 0o755);
  });

  test('whose name is empty, as a variable may be that is not set: nothing is written', ({ box }) => {
    box.write('p.yaml', pipeline);
    for (const [call, what] of [
      ['run p.yaml --artifacts ""', 'folder for results'],
      ['gc --artifacts ""', 'folder for results'],
      ['run ""', 'pipeline file'],
    ] as const)
      expect([call, shell(box, `$S ${call}`)]).toEqual([
        call,
        { code: 2, out: '', err: expect.stringContaining(`The name of the ${what} is empty.`) },
      ]);
    expect(readdirSync(box.path('.'))).toEqual(['p.yaml']);
  });

  test('wherever variables lead to', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    // Where no folder can be made, as in a home folder that an automounter does not know.
    const places = { HOME: '/proc/self/no/home', TMPDIR: box.path('missing'), LC_ALL: 'C', TERM: 'dumb' };
    expect(shell(box, '$S run p.yaml', places)).toEqual({ code: 0, out: ran(3, 0), err: '' });
    const { code, out } = shell(box, '$S doctor --build', places);
    expect([code, /^cache .*/m.exec(out)?.[0]]).toEqual([
      0,
      expect.stringContaining('Name another folder in SPIKELINE_CACHE'),
    ]);
    expect(out).toMatch(/^engine wasm +ok .* no native kernels: (?!.*doctor --build)/m);
    expect(
      shell(box, `unset PATH; exec ${process.execPath} ${join(buildFolder, 'cli.cjs')} run p.yaml --force`),
    ).toEqual({
      code: 0,
      out: ran(3, 0),
      err: '',
    });
  });

  test('with results in folders that are made for them', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    for (const call of ['status p.yaml', 'plan p.yaml', 'show p.yaml', 'gc', 'cache status p.yaml'])
      expect(shell(box, `$S ${call} --artifacts results/of/today`).err).not.toContain('The system refused');
    expect(shell(box, '$S run p.yaml --artifacts results/of/today')).toEqual({ code: 0, out: ran(3, 0), err: '' });
    expect(box.read('results/of/today/p/own/x')).toBe('1\n');
  });

  // As in a container that is started with a user id of its own.
  test.skipIf(process.getuid?.() !== 0)('for a user whom the machine does not know', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    const unknown =
      'chown -R 54321:54321 . && exec setpriv --reuid 54321 --regid 54321 --clear-groups env -u XDG_CONFIG_HOME';
    expect(shell(box, `${unknown} $S run p.yaml`)).toEqual({ code: 0, out: ran(3, 0), err: '' });
    expect(shell(box, `${unknown} HOME= $S doctor`)).toMatchObject({ code: 0, err: '' });
    const page = shell(box, `${unknown} $S run p.yaml --open`);
    expect(page).toMatchObject({ code: 0, out: ran(0, 3) });
    expect(page.err).toMatch(/first: ssh -L (\d+):127\.0\.0\.1:\1 [^@\s]+\n/);
  });

  // As of a disk that is mounted for reading, or a colleague's results.
  test.skipIf(process.getuid?.() !== 0)(
    'with a store that may only be read, and says in words what it is not good for',
    ({ box }) => {
      box.write('p.yaml', `${pipeline}params: { n: 1 }\n`.replace('echo 1', 'echo ${{ params.n }}'));
      box.write('mine.ts', stage);
      expect(shell(box, '$S run p.yaml && $S run p.yaml --set n=2').code).toBe(0);
      const reader =
        'chmod -R a-w artifacts && exec setpriv --reuid 54321 --regid 54321 --clear-groups env -u XDG_CONFIG_HOME HOME=';
      chmodSync(box.folder, 0o755);
      expect(shell(box, `${reader} $S gc --dry-run`)).toEqual({
        code: 0,
        out: expect.stringMatching(
          /^Nothing to remove; .* are kept\.\nResults kept: 6 that pipelines or their runs reach/,
        ),
        err: '',
      });
      expect(shell(box, `${reader} $S gc`)).toMatchObject({ code: 1, out: '' });
      expect(shell(box, `${reader} $S verify p.yaml`)).toMatchObject({ code: 0, err: '' });
      // What is damaged in it can't be set aside, and is no result.
      shell(box, 'f=$(readlink -f artifacts/p/own/x) && chmod u+w $f && echo 9 > $f');
      expect(shell(box, `${reader} $S status p.yaml`)).toMatchObject({ code: 0, err: '' });
      const damaged = shell(box, `${reader} $S status p.yaml --set n=2`);
      expect(damaged).toMatchObject({ code: 0, err: '' });
      expect(damaged.out).toMatch(/^one +missing +output "x" was damaged/m);
      const { code, out } = shell(box, `${reader} $S doctor`);
      expect([code, /^store +PROBLEM +(.*?) *$/m.exec(out)?.[1]]).toEqual([
        1,
        `There is no permission to use ${box.path('artifacts')}. \`ls -ld\` shows whose it is: ask them, or choose another folder for results with --artifacts.`,
      ]);
      expect(out).toMatch(
        /^cache +optional +none: There is no permission to make \.cache in \/\. Downloads are kept nowhere\./m,
      );
    },
  );

  // As in an image whose HOME is root's, whoever runs in it.
  test.skipIf(process.getuid?.() !== 0)("for a user whose HOME is another user's, who lets nobody in", ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    const closed =
      'chown -R 54321:54321 . && mkdir -m 700 -p home && exec setpriv --reuid 54321 --regid 54321 --clear-groups env -u XDG_CONFIG_HOME HOME="$PWD/home"';
    const home = box.path('home');
    const warning = `warning ${home} is another user's: it is not looked into for ${home}/.config/spikeline/config.yaml.\n`;
    const { code, out, err } = shell(box, `${closed} $S run p.yaml`);
    expect([code, err]).toEqual([0, '']);
    expect(out.startsWith(warning)).toBe(true);
    expect(out).toEqual(ran(3, 0));
    expect(shell(box, `${closed} $S doctor`)).toMatchObject({ code: 0, err: '' });
  });

  test.skipIf(!otherDisk)('with a store that lies on another disk', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    const store = mkdtempSync('/dev/shm/spikeline-');
    try {
      mkdirSync(box.path('artifacts'));
      symlinkSync(store, box.path('artifacts/store'));
      expect(shell(box, '$S run p.yaml')).toEqual({ code: 0, out: ran(3, 0), err: '' });
      expect(shell(box, '$S run p.yaml')).toEqual({ code: 0, out: ran(0, 3), err: '' });
      expect(shell(box, 'cat artifacts/p/own/x; $S verify p.yaml')).toEqual({
        code: 0,
        out: expect.stringMatching(/^1\n/),
        err: '',
      });
      expect(readdirSync(store)).toContain('blobs');
      // What there is room for is told of the disk where the files lie.
      const { bavail, bsize } = statfsSync(store);
      const gigabytes = (bavail * bsize) / 2 ** 30;
      const { out } = shell(box, '$S doctor');
      expect(out).toContain(`(files: ${store}), `);
      expect(Math.abs(Number(/\), ([\d.]+) GiB free/.exec(out)?.[1]) - gigabytes)).toBeLessThan(1);
      rmSync(box.path('artifacts/store'));
      symlinkSync(box.path('nowhere'), box.path('artifacts/store'));
      expect(shell(box, '$S doctor').out).toContain('artifacts/store is a link to nothing');
      rmSync(box.path('artifacts/store'));
      symlinkSync(store, box.path('artifacts/store'));
      expect(lstatSync(box.path('artifacts/store')).isSymbolicLink()).toBe(true);
    } finally {
      rmSync(store, { recursive: true });
    }
  });

  test.skipIf(process.platform === 'win32')('and says what a command lacks', ({ box }) => {
    const words = Array.from({ length: 300 }, () => 'x'.repeat(10_000));
    box.write(
      'p.yaml',
      `name: p
stages:
  script: { run: 'echo 1 > \${{ outputs.x }}', shell: bash, outputs: { x: x } }
  long: { run: [echo, ${'y'.repeat(2 ** 17)}] }
  many: { run: [${['echo', ...words].join(', ')}] }
`,
    );
    mkdirSync(box.path('bin'));
    for (const name of ['sh', 'echo']) symlinkSync(`/bin/${name}`, box.path(`bin/${name}`));
    const { code, out } = shell(box, 'PATH=$PWD/bin; $S run p.yaml --keep-going --reporter json');
    expect(code).toBe(1);
    const failures = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; task: string; failure: Failure })
      .flatMap(({ event, task, failure }) => (event === 'task' ? [[task, failure.message, failure.hint]] : []));
    expect(Object.fromEntries(failures.map(([task, ...said]) => [task, said]))).toEqual({
      script: ['The command needs bash, which was not found.', 'Install bash, or leave out `shell: bash`.'],
      long: [
        'The command "echo" has a word of 131073 bytes ("yyyyyyyyyyyyyyyyyyyy…"), and the system takes at most 131072 in a word.',
        'Pass it in a file instead: inputs: { NAME: { file: PATH } }.',
      ],
      many: [
        'The command "echo" has more words than the system takes.',
        'Loop over them in a `run:` that is text (for file in ${{ inputs.NAME }}), or take a folder as the input.',
      ],
    });
  });

  test('or says where it can not', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    expect(shell(box, 'mkdir gone; cd gone; rmdir ../gone; $S run ../p.yaml')).toEqual({
      code: 1,
      out: '',
      err: 'The working folder no longer exists.\n  hint: Change to one that does, with `cd`.\n',
    });
    box.write('a\\b/mine.ts', stage);
    box.write('a\\b/p.yaml', pipeline);
    expect(shell(box, '$S validate "a\\b/p.yaml"')).toEqual({
      code: 2,
      out: '',
      err: `a\\b/p.yaml:5:16: error[E_STAGE_CODE]: ./mine.ts can't be loaded from a path with a backslash: ${box.path('a\\b/mine.ts')}.
   5 |   own: { uses: ./mine.ts, inputs: { in: list } }
     |                ^^^^^^^^^
  hint: Modules take backslashes for slashes. Give its folder another name.

1 error in a\\b/p.yaml
`,
    });
  });
});
