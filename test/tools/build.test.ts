import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
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
  const parts = ['src', 'stages', 'package.json', 'package-lock.json'];
  for (const name of [...parts, '.build/kernels.wasm', '.build/kernels.stamp'])
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
  return root;
}

it('is done only where a source has changed, and leaves what is running its files', () => {
  const root = checkout();
  const out = join(root, '.build');
  const stages = () => spawnSync(process.execPath, [join(out, 'cli.cjs'), 'stages'], { encoding: 'utf8' });
  build(root);
  const first = state(out);
  build(root);
  expect(state(out)).toEqual(first);

  const source = join(root, 'src/run/process/metrics.ts');
  const text = readFileSync(source, 'utf8');
  appendFileSync(source, "\nconsole.error('changed');\n");
  build(root);
  const chunks = Object.keys(first).filter((name) => /^chunk-.*\.js$/.test(name));
  const gone = () => chunks.filter((name) => !(name in state(out)));
  const found = spawnSync(process.execPath, [join(out, 'task.js')], { encoding: 'utf8', input: '' });
  expect([gone(), found.stderr, stages().status]).toEqual([[], expect.stringContaining('changed'), 0]);

  // A day later.
  for (const name of Object.keys(state(out))) if (name.startsWith('chunk-')) utimesSync(join(out, name), 0, 0);
  writeFileSync(source, `${text}\nconsole.error('again');\n`);
  build(root);
  expect([gone().length > 0, stages().status]).toEqual([true, 0]);
});

it('has been done before the tests, of what is in the sources now', () => {
  const times = () =>
    ['build.stamp', 'cli.cjs', 'task.js', 'fingerprints.json'].map((name) => statSync(join(buildFolder, name)).mtimeMs);
  const before = times();
  build(packageRoot);
  expect(times()).toEqual(before);
});
