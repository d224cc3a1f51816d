import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { until } from '../e2e/processes.js';
import { testFolder } from '../store/folder.js';

/** Names and times of all that a build has written. */
const state = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => [
      name,
      statSync(join(folder, name)).mtimeMs,
    ]),
  );
const build = (root: string) => execFileSync(process.execPath, [join(root, 'src/tools/build.mjs')], { stdio: 'pipe' });

/** The sources, with the kernels built, which takes longest. */
function checkout(): string {
  const root = testFolder();
  mkdirSync(join(root, '.build'));
  const parts = ['src', 'stages', 'package.json', 'package-lock.json'];
  for (const name of [...parts, '.build/kernels.wasm', '.build/kernels.stamp'])
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(join(packageRoot, 'node_modules')))
    symlinkSync(join(packageRoot, 'node_modules', name), join(root, 'node_modules', name));
  return root;
}

/** A command that waits for a file, and then a stage, which is another process of the program. */
const pipeline = `name: p
stages:
  wait: { run: 'until [ -e ../go ]; do sleep 0.05; done; echo > \${{ outputs.x }}', outputs: { x: x.txt } }
  then: { uses: ./stage.mjs, inputs: { x: wait } }
`;
const stage = `export default {
  name: 'then', summary: '', parameters: { type: 'object', properties: {} }, inputs: { x: { description: '' } },
  outputs: {}, run: async () => ({ answer: 42 }),
};`;

it('is done only where a source has changed, and leaves what is running its files until it ends', async () => {
  const root = checkout();
  const builds = join(root, '.build');
  const named = () => readdirSync(builds).filter((name) => /^[0-9a-f]{16}/.test(name));
  const current = () => readFileSync(join(builds, 'current'), 'utf8');
  const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), XDG_CONFIG_HOME: join(root, 'config') };
  const cwd = join(root, 'project');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'p.yaml'), pipeline);
  writeFileSync(join(cwd, 'stage.mjs'), stage);
  const call = [join(builds, 'cli.cjs'), 'run', 'p.yaml'];
  const options = { cwd, env, encoding: 'utf8' } as const;
  build(root);
  const first = current();
  const before = state(builds);
  build(root);
  expect([state(builds), named()]).toEqual([before, [first]]);

  const run = spawn(process.execPath, call, options);
  let out = '';
  for (const stream of [run.stdout, run.stderr])
    stream.on('data', (text) => {
      out += String(text);
    });
  const end = once(run, 'close');
  await until(() => out.includes('start   wait'), 'the run has begun');

  const source = join(root, 'src/run/process/task-process.ts');
  const text = readFileSync(source, 'utf8');
  appendFileSync(source, '\nprocess.exit(7);\n');
  build(root);
  const second = current();
  // For longer than a build stays for those who don't say that they use it.
  utimesSync(join(builds, first), 0, 0);
  writeFileSync(source, `${text}\nprocess.exit(8);\n`);
  build(root);
  expect(run.exitCode).toBeNull();
  expect([first, second, current()].map((name) => named().includes(name))).toEqual([true, true, true]);
  writeFileSync(join(root, 'go'), '');
  expect([await end, out]).toEqual([[0, null], expect.stringContaining('ran 2')]);

  // What begins now runs the newest; what nobody uses any more goes with the next build.
  expect(spawnSync(process.execPath, [...call, '--force', 'then'], options).stdout).toContain('exit code 8');
  writeFileSync(source, `${text}\nprocess.exit(9);\n`);
  build(root);
  expect([named().includes(first), named().includes(second)]).toEqual([false, true]);

  // Back to what has been built before.
  const third = state(join(builds, second));
  writeFileSync(source, `${text}\nprocess.exit(7);\n`);
  build(root);
  expect([current(), state(join(builds, second))]).toEqual([second, third]);
});

it('has been done before the tests, of what is in the sources now', () => {
  const times = () =>
    ['../current', '../cli.cjs', 'task.js', 'fingerprints.json'].map(
      (name) => statSync(join(buildFolder, name)).mtimeMs,
    );
  const before = times();
  build(packageRoot);
  expect(times()).toEqual(before);
});
