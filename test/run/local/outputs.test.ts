import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Outputs, outputPaths } from '../../../src/run/local/outputs.js';
import { Store } from '../../../src/store/store.js';
import { outputsPart } from '../../../src/store/work-folders.js';
import { listFiles, testFolder, writeFiles } from '../../store/folder.js';
import { command } from '../examples.js';

let folder: string;
let store: Store;
/** What the task works in, what it writes to, and what is somebody else's. */
let work: string;
let own: string;
let others: string;
beforeEach(async () => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
  work = await store.workFolder();
  own = join(work, outputsPart);
  mkdirSync(own);
  others = writeFiles(join(folder, 'others'), { 'data/a': 'theirs', file: 'theirs, too' });
});

/** Takes outputs, and says what was kept of each; or why none was. */
async function taken(outputs: Readonly<Record<string, string>>): Promise<Record<string, unknown> | string> {
  const result = await new Outputs(store, store).take(command('task', { outputs }), work, undefined);
  if ('failure' in result) return `${result.failure.code}: ${result.failure.message}`;
  const kept: Record<string, unknown> = {};
  for (const [name, artifact] of Object.entries(result.outputs)) {
    const copy = join(folder, 'copies', name);
    await store.materialise(artifact, copy, { mode: 'copy', what: name });
    kept[name] =
      artifact.kind === 'file'
        ? readFileSync(copy, 'utf8')
        : Object.fromEntries(listFiles(copy).map((file) => [file, readFileSync(join(copy, file), 'utf8')]));
  }
  return kept;
}

const refused = (where: string, target: string) =>
  `E_STORE_LINK: The output "o" (${where}) is a symbolic link, or lies behind one, to ${target}, which the task has neither made nor been given.`;

describe('outputs', () => {
  it('are moved into the store', async () => {
    writeFiles(own, { 'deep/er/file': 'one', 'tree/a': 'two' });
    expect(outputPaths(command('task', { outputs: { o: 'deep/er/file' } }), work)).toEqual({
      o: join(own, 'deep/er/file'),
    });
    expect(await taken({ o: 'deep/er/file', p: 'tree' })).toEqual({ o: 'one', p: { a: 'two' } });
    expect(listFiles(own)).toEqual([]);
  });

  it.each([
    ['a file', 'o', () => symlinkSync(join(others, 'file'), join(own, 'o')), 'file'],
    ['a folder', 'o', () => symlinkSync(join(others, 'data'), join(own, 'o')), 'data'],
    ['the folder above', 'd/a', () => symlinkSync(join(others, 'data'), join(own, 'd')), 'data/a'],
    [
      'the folder of all outputs',
      'file',
      () => {
        renameSync(own, `${own}.old`);
        symlinkSync(others, own);
      },
      'file',
    ],
    [
      'a link of its own',
      'o',
      () => {
        symlinkSync(join(others, 'data'), join(work, 'way'));
        symlinkSync('../way/a', join(own, 'o'));
      },
      'data/a',
    ],
  ])('that are links to what is another’s are refused, and that stays as it was: %s', async (_, path, make, target) => {
    make();
    const before = listFiles(others);
    expect(await taken({ o: path })).toBe(refused(path, join(others, target)));
    expect(listFiles(others)).toEqual(before);
  });

  it('that are links to other outputs are kept, whichever is taken first', async () => {
    writeFiles(own, { 'all/3': 'best of all', x: 'same' });
    symlinkSync('all/3', join(own, 'best'));
    symlinkSync('all', join(own, 'again'));
    symlinkSync('x', join(own, 'y'));
    expect(await taken({ a: 'all', again: 'again', best: 'best', x: 'x', y: 'y' })).toEqual({
      ...{ a: { 3: 'best of all' }, again: { 3: 'best of all' }, best: 'best of all' },
      ...{ x: 'same', y: 'same' },
    });
  });

  it('that are links to inputs are kept, and the inputs stay', async () => {
    const input = await store.ingest(join(others, 'file'));
    for (const mode of ['link', 'copy'] as const) {
      const path = join(work, `inputs.${mode}`, 'file');
      await store.materialise(input, path, { mode, what: 'The input' });
      symlinkSync(path, join(own, mode));
    }
    expect(await taken({ link: 'link', copy: 'copy' })).toEqual({ link: 'theirs, too', copy: 'theirs, too' });
    expect(await store.has(input)).toBe(true);
  });

  it('that are copies of a folder of inputs, as `cp -r` makes them, have its files', async () => {
    chmodSync(join(others, 'file'), 0o755);
    const input = await store.ingest(others);
    const path = join(work, 'inputs.i/others');
    await store.materialise(input, path, { mode: 'link', what: 'The input' });
    execFileSync('cp', ['-R', path, join(own, 'o')]);
    writeFiles(own, { 'o/more': 'mine' });
    expect(await taken({ o: 'o' })).toEqual({ o: { 'data/a': 'theirs', file: 'theirs, too', more: 'mine' } });
    // What the links led to is as it was.
    expect(await store.has(input)).toBe(true);
    expect(statSync(realpathSync(join(path, 'data/a'))).mode & 0o777).toBe(0o444);
  });

  it('that are links to nothing, or in a circle, are missing', async () => {
    symlinkSync('elsewhere', join(own, 'o'));
    expect(await taken({ o: 'o' })).toMatch(/^E_OUTPUT_MISSING: .* link to elsewhere, which does not exist\.$/);
    symlinkSync('p', join(own, 'p'));
    expect(await taken({ p: 'p' })).toMatch(/^E_OUTPUT_MISSING: /);
  });
});
