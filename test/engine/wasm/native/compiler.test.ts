import { chmodSync, utimesSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { findCompiler } from '../../../../src/engine/wasm/native/compiler.js';
import { testFolder, writeFiles } from '../../../store/folder.js';

/** A folder with programs of these names. */
function programs(...names: string[]): string {
  const folder = writeFiles(testFolder(), Object.fromEntries(names.map((name) => [name, '#!/bin/sh\n'])));
  for (const name of names) chmodSync(join(folder, name), 0o755);
  return folder;
}
const wordsOf = (env: NodeJS.ProcessEnv) => {
  const found = findCompiler(env);
  return 'missing' in found ? found.missing : found.words;
};

it('is the first of the usual ones on PATH, wherever it lies there', () => {
  const [first, second] = [programs('clang'), programs('gcc', 'clang')];
  expect(wordsOf({ PATH: [first, second].join(delimiter) })).toEqual([join(second, 'gcc')]);
  expect(wordsOf({ PATH: first })).toEqual([join(first, 'clang')]);
});

it('is the one that SPIKELINE_CC names, with its words, and no other', () => {
  const folder = programs('ccache', 'cc');
  expect(wordsOf({ PATH: folder, SPIKELINE_CC: 'ccache gcc -v' })).toEqual([join(folder, 'ccache'), 'gcc', '-v']);
  expect(wordsOf({ PATH: folder, SPIKELINE_CC: join(folder, 'cc') })).toEqual([join(folder, 'cc')]);
  expect(wordsOf({ PATH: folder, SPIKELINE_CC: 'tcc' })).toBe('no program "tcc", which SPIKELINE_CC names');
  expect(wordsOf({ PATH: folder, SPIKELINE_CC: '  ' })).toEqual([join(folder, 'cc')]);
});

it('is no folder, no file that can’t be run, and nothing of the folder where one happens to be', () => {
  const folder = writeFiles(testFolder(), { 'cc/file': '', gcc: '', 'here/clang': '' });
  chmodSync(join(folder, 'gcc'), 0o644);
  expect(wordsOf({ PATH: [folder, '', '.', 'here'].join(delimiter) })).toBe('no C compiler (cc, gcc or clang) on PATH');
  expect(wordsOf({})).toBe('no C compiler (cc, gcc or clang) on PATH');
});

it('is another one when its program is', () => {
  const folder = programs('cc');
  const stamp = () => {
    const found = findCompiler({ PATH: folder });
    return 'missing' in found ? undefined : found.stamp;
  };
  const before = stamp();
  expect(stamp()).toBe(before);
  utimesSync(join(folder, 'cc'), 1, 1);
  expect(stamp()).not.toBe(before);
});
