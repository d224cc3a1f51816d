import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { digestBytes } from '../../src/files/digest.js';
import { type FileStat, StatCache } from '../../src/store/stat-cache.js';
import { testFolder } from './folder.js';

const second = 1_000_000_000n;
const stat: FileStat = { ino: 1n, size: 2n, mtimeNs: 100n * second, ctimeNs: 101n * second };
const digest = digestBytes('x');

let folder: string;
let file: string;
beforeEach(() => {
  folder = testFolder();
  file = join(folder, 'store/verified');
});
const open = () => new StatCache(file, join(folder, 'store/tmp'));

describe('StatCache', () => {
  it('remembers a digest, in other processes too, for as long as nothing of the file changes', () => {
    open().set('name', stat, digest, 103_000);
    for (const cache of [open(), open()]) {
      expect(cache.get('name', stat)).toBe(digest);
      expect(cache.get('other', stat)).toBeUndefined();
      expect(cache.holds('name', stat, digest)).toBe(true);
      expect(cache.holds('other', stat, digest)).toBe(false);
      expect(cache.holds('name', stat, digestBytes('y'))).toBe(false);
      for (const field of ['ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
        const changed = { ...stat, [field]: stat[field] + 1n };
        expect(cache.get('name', changed)).toBeUndefined();
        expect(cache.holds('name', changed, digest)).toBe(false);
      }
    }
  });

  it('does not remember files that changed less than 2 s before they were read', () => {
    const cache = open();
    cache.set('changed', stat, digest, 102_999);
    cache.set('from the future', { ...stat, mtimeNs: 200n * second }, digest, 103_000);
    expect(cache.get('changed', stat)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });

  it('does without a line that a crash tore, and with what is noted after it', () => {
    open().set('a', stat, digest, 200_000);
    appendFileSync(file, '["b","1 2');
    open().set('c', stat, digest, 200_000);
    open().set('d', stat, digest, 200_000);
    const cache = open();
    expect(['a', 'b', 'c', 'd'].map((name) => cache.get(name, stat))).toEqual([digest, undefined, digest, digest]);
    appendFileSync(file, '\nnull\n7\n["e",1,2]\n["f","1 2 3 4","sha256:0"]\n');
    expect(open().get('a', stat)).toBe(digest);
  });

  it('writes its file anew when most of its lines are old', () => {
    const cache = open();
    for (let size = 0n; size < 1100n; size++) cache.set('name', { ...stat, size }, digest, 200_000);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(1101);
    expect(open().get('name', { ...stat, size: 1099n })).toBe(digest);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
    expect(open().get('name', { ...stat, size: 1099n })).toBe(digest);
  });
});
