import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';
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

  test('wherever variables lead to', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    // Where no folder can be made, as in a home folder that an automounter does not know.
    const places = { HOME: '/proc/self/no/home', TMPDIR: box.path('missing'), LC_ALL: 'C', TERM: 'dumb' };
    expect(shell(box, '$S run p.yaml', places)).toEqual({ code: 0, out: ran(3, 0), err: '' });
    expect(
      shell(box, `unset PATH; exec ${process.execPath} ${join(buildFolder, 'cli.cjs')} run p.yaml --force`),
    ).toEqual({
      code: 0,
      out: ran(3, 0),
      err: '',
    });
  });

  test('or says where it can not', ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('mine.ts', stage);
    expect(shell(box, 'mkdir gone; cd gone; rmdir ../gone; $S run ../p.yaml')).toEqual({
      code: 1,
      out: '',
      err: 'The working folder is not there any more.\n  hint: Go to one that is, with `cd`.\n',
    });
    box.write('a\\b/mine.ts', stage);
    box.write('a\\b/p.yaml', pipeline);
    expect(shell(box, '$S validate "a\\b/p.yaml"')).toEqual({
      code: 2,
      out: '',
      err: `a\\b/p.yaml:5:16: error[E_UNKNOWN_STAGE]: ./mine.ts can't be loaded from a path with a backslash: ${box.path('a\\b/mine.ts')}.
   5 |   own: { uses: ./mine.ts, inputs: { in: list } }
     |                ^^^^^^^^^
  hint: Modules take backslashes for slashes. Give its folder another name.

1 error in a\\b/p.yaml
`,
    });
  });
});
