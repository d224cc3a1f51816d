import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { beforeEach, expect, it, vi } from 'vitest';
import type { CommandPart, Task } from '../../../src/pipeline/expand/task.js';
import { undeclaredFiles } from '../../../src/pipeline/expand/undeclared.js';
import { defineStage, type StageDefinition } from '../../../src/stage/definition.js';
import { filePath } from '../../../src/stage/file-path.js';
import { command, file, stageTask } from '../../run/examples.js';
import { testFolder, writeFiles } from '../../store/folder.js';

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  return { ...fs, statSync: vi.fn(fs.statSync) };
});

let folder: string;
beforeEach(() => {
  folder = writeFiles(testFolder(), {
    ...{
      'scripts/count.sh': '',
      'conf/a.yaml': '',
      'data/x/y.csv': '',
      'tool.sh': '',
      cat: '',
      'elsewhere/run.py': '',
    },
  });
});
const named = (task: Partial<Task>) => {
  const tasks = [command('s@n=1', { folder, ...task }), command('s@n=2', { folder, ...task })];
  return undeclaredFiles({ folder }, tasks).map(({ message }) => /names (.+), which/.exec(message)?.[1]);
};
const words = (...all: (string | CommandPart[])[]): Partial<Task> => ({
  action: { kind: 'command', command: all.map((word) => (typeof word === 'string' ? [{ text: word }] : word)) },
});
const script = (text: string): Partial<Task> => ({ action: { kind: 'shell', shell: 'sh', script: [{ text }] } });

it('proposes names that no other input has', () => {
  writeFiles(folder, { 'a/x.txt': '', 'b/x.txt': '', 'x.txt': '', 'b-x.md': '' });
  const task = command('s', {
    folder,
    ...words('cat', 'a/x.txt', 'b/x.txt', 'x.txt', 'b-x.md'),
    inputs: { cat: file('cat') },
  });
  const hints = undeclaredFiles({ folder }, [task]).map(({ hint }) => /inputs: \{ ([\w-]+): /.exec(hint ?? '')?.[1]);
  expect(hints).toEqual(['x', 'b-x', 'x-2', 'b-x-2']);
});

it('names files and folders in words, behind an equals sign, and in values, once a stage', () => {
  expect(named(words('sh', 'scripts/count.sh', '--config=conf/a.yaml', 'IN=data', '-v', 'none.txt'))).toEqual([
    ...['scripts/count.sh', 'conf/a.yaml', 'data'],
  ]);
  expect(named(words('python3', [{ value: 'data/x' }, { text: '/y.csv' }]))).toEqual(['data/x/y.csv']);
  expect(named(words('./tool.sh', join(folder, 'tool.sh')))).toEqual(['./tool.sh', join(folder, 'tool.sh')]);
});

it('reads scripts as far as to tell words from programs and comments', () => {
  const text =
    '# see data/x\ncat "conf/a.yaml" | sort > $o; echo >>data/x/y.csv 2>&1; ./tool.sh && cat <data/x/y.csv # not tool.sh\n';
  expect(named(script(text))).toEqual(['conf/a.yaml', './tool.sh', 'data/x/y.csv']);
});

it('reads quotes, the working folder, and what is set for one command', () => {
  writeFiles(folder, { 'my file': '', "it's": '', 'lib/m.py': '', file: '' });
  const found = (text: string) => named(script(text));
  expect(found('cat "my file"')).toEqual(['"my file"', 'file']);
  expect(found("cat 'my file' my\\ file \"it's\"")).toEqual(['"my file"', 'file', '"it\'s"']);
  expect(found('cat $PWD/tool.sh "${PWD}/conf/a.yaml" $(pwd)/data $PWDX/lib')).toEqual([
    ...['./tool.sh', './conf/a.yaml', './data'],
  ]);
  expect(found('PYTHONPATH=lib:conf A=1 python3 -c "import m"; B=data sh -c "cat tool.sh >out"')).toEqual([
    ...['lib', 'conf', 'data', 'tool.sh'],
  ]);
  expect(found('echo "# data" >"my file"; echo \'no "end\' "')).toEqual([]);
  expect(named(words('bash', '-ec', 'cat conf/a.yaml'))).toEqual(['conf/a.yaml']);
  expect(named(words('grep', 'conf data', 'lib/m.py'))).toEqual(['lib/m.py']);
  const [warning] = undeclaredFiles({ folder }, [command('s', { folder, ...script('cat "my file"') })]);
  expect(warning!.hint).toContain('inputs: { my-file: { file: "my file" } }');
});

it('takes programs of the PATH, system files, inputs and what lies in them for what they are', () => {
  expect(named(words('cat', '/etc/passwd', '.', '..', [{ input: 'a' }, { text: '/data' }]))).toEqual([]);
  const inputs = { a: file('scripts'), b: file(join(folder, 'conf/a.yaml')) };
  expect(named({ ...words('sh', 'scripts/count.sh', 'conf/a.yaml'), inputs })).toEqual([]);
});

it('finds them among the words of many stages, which name none', () => {
  const tasks = Array.from({ length: 100 }, (_, i) =>
    command(`s${i}`, { stage: `s${i}`, folder, ...script(`echo ${i} none.txt --n=${i} x${i}/y`) }),
  );
  const last = command('last', {
    stage: 'last',
    folder,
    ...script('cat no conf/none.yaml IN=conf/a.yaml no/../tool.sh'),
  });
  vi.mocked(statSync).mockClear();
  const found = undeclaredFiles({ folder }, [...tasks, last]);
  // Each of the first words, and then those that the folder may have.
  expect(vi.mocked(statSync).mock.calls.length).toBeLessThan(60);
  expect(found.map(({ message }) => /^"(\w+)" names (\S+),/.exec(message)?.slice(1))).toEqual([
    ...[
      ['last', 'conf/a.yaml'],
      ['last', 'no/../tool.sh'],
    ],
  ]);
});

it('finds among many scripts what it finds in one alone', () => {
  const others = Array.from({ length: 100 }, (_, i) =>
    command(`s${i}`, { stage: `s${i}`, folder, ...script(`echo ${i}`) }),
  );
  const scripts = [
    ...[
      'cat data/x/y.csv',
      'wc SCRIPTS/count.sh',
      'sh ./tool.sh',
      "cat 'conf'/a.yaml",
      'cat </etc/passwd',
      'o=conf/a.yaml',
    ],
    ...[
      `cat ${join(folder, 'tool.sh')}`,
      'sh elsewhere/../tool.sh',
      'echo done',
      'echo 1.5 >out.txt',
      'head to"ol.sh"',
    ],
  ];
  for (const text of scripts) {
    const one = command('one', { stage: 'one', folder, ...script(text) });
    expect(undeclaredFiles({ folder }, [...others, one]), text).toEqual(undeclaredFiles({ folder }, [one]));
  }
});

it('looks in the folder in which the command runs, and says what to write', () => {
  const [warning] = undeclaredFiles({ folder }, [
    command('s', { ...words('python3', 'run.py'), folder: join(folder, 'elsewhere') }),
  ]);
  expect(warning).toMatchObject({
    severity: 'warning',
    code: 'W_UNDECLARED',
    message: '"s" names run.py, which is not one of its inputs: a change to it will not be noticed.',
    hint: "declare it: inputs: { run: { file: run.py } }, and write '${{ inputs.run }}' in its place",
  });
});

it('names parameters of stages of users that are any text, and a file', () => {
  const definition = defineStage({
    name: 'own',
    summary: 'Own',
    parameters: Type.Object({
      table: Type.String(),
      list: Type.Array(Type.String()),
      path: Type.Union([filePath(), Type.Null()]),
      mode: Type.Union([Type.Literal('data'), Type.Literal('all')]),
    }),
    inputs: {},
    outputs: { o: { description: 'O', path: 'o' } },
    run: () => Promise.resolve(undefined),
  }) as unknown as StageDefinition;
  const parameters = { table: 'conf/a.yaml', list: ['none.txt', 'data'], path: join(folder, 'tool.sh'), mode: 'data' };
  const warnings = (uses: string, stage = definition) =>
    undeclaredFiles({ folder }, [stageTask('s@n=1', uses, stage, { folder, parameters })]);
  expect(warnings('./own.ts')).toMatchObject([
    {
      message:
        '"s" names conf/a.yaml in its parameter table, which is any text: a change to that file will not be noticed.',
      hint: 'declare it in ./own.ts: table: filePath() in the place of Type.String(), imported from spikeline',
    },
    { message: expect.stringContaining('names data in its parameter list.1,') as string },
  ]);
  // Built-in stages say what their texts are, and so do those that tell which files they read.
  expect(warnings('own')).toEqual([]);
  expect(warnings('./own.ts', { ...definition, files: () => [] })).toEqual([]);
});
