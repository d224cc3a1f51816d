import { chmodSync, existsSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  build,
  buildBest,
  doubt,
  findTarget,
  readVerdict,
  type Target,
} from '../../../../src/engine/wasm/native/build.js';
import { levelsHere } from '../../../../src/engine/wasm/native/level.js';
import { testFolder, writeFiles } from '../../../store/folder.js';
import { targetBy } from './target.js';

let cache: string;

beforeEach(() => {
  cache = testFolder();
  vi.stubEnv('SPIKELINE_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.skipIf(levelsHere().length === 0)('native kernels', () => {
  it('are not used where the compiler says no, and it is not asked again', async () => {
    const target = targetBy('echo "all.c:1: error: no such thing" >&2; exit 1');
    expect(readVerdict(target)).toBeUndefined();
    const verdict = {
      usable: false,
      why: expect.stringMatching(/compiler\.sh failed: all\.c:1: error: no such thing$/),
    };
    expect(await build(target)).toEqual(verdict);
    expect(readVerdict(target)).toEqual(verdict);
    expect(readdirSync(dirname(target.file))).toEqual([target.verdict.slice(dirname(target.file).length + 1)]);
  });

  it('are tried another time where the compiler was killed, or the disk was full', async () => {
    for (const script of ['kill -9 $$', 'echo "fatal error: error writing: No space left on device" >&2; exit 1']) {
      const target = targetBy(script);
      expect((await build(target)).usable).toBe(false);
      expect(readVerdict(target)).toBeUndefined();
    }
    expect(readdirSync(join(cache, `native-${process.getuid!()}`))).toEqual([]);
  });

  it('are not used where what was made can’t be loaded', async () => {
    const target = targetBy('for last; do :; done; echo nonsense > "$last"');
    expect(await build(target)).toMatchObject({
      usable: false,
      why: expect.stringMatching(/^ended with exit code 1 \(Error: .*\.node: /),
    });
    expect(existsSync(target.file)).toBe(false);
  });

  it.skipIf(!levelsHere().at(-1)?.matrices)('are those without matrices where there can be none with', async () => {
    const target = targetBy(
      'case "$*" in *MATRICES*) echo "error: no such instruction: tilezero" >&2; exit 1;; esac; kill -9 $$',
    );
    const { target: best } = await buildBest(target);
    expect([target.level.name, best.level.name]).toEqual(['x86-64-v4-amx', 'x86-64-v4']);
    expect([findTarget(), findTarget(true)]).toEqual([best, target]);
  });

  it('are those of another compiler, when it or its words are others', () => {
    const one = targetBy('exit 1');
    const other = targetBy('exit 2');
    expect(one.file).not.toBe(other.file);
    vi.stubEnv('SPIKELINE_CC', `${one.compiler.words[0]} -v`);
    expect((findTarget() as Target).file).not.toBe(one.file);
  });
});

describe.skipIf(process.platform === 'win32')('a library', () => {
  it('is doubted where others may have put it there', () => {
    const folder = writeFiles(testFolder(), { 'a.node': '' });
    const file = join(folder, 'a.node');
    chmodSync(file, 0o700);
    expect(doubt(file)).toBeUndefined();
    chmodSync(file, 0o720);
    expect(doubt(file)).toBe(`others may write to ${file}`);
    chmodSync(file, 0o700);
    chmodSync(folder, 0o702);
    expect(doubt(file)).toBe(`others may write to ${folder}`);
    chmodSync(folder, 0o700);
    symlinkSync(file, join(folder, 'b.node'));
    expect(doubt(join(folder, 'b.node'))).toBe(`${join(folder, 'b.node')} is a link`);
    expect(doubt(join(folder, 'c.node'))).toBe(`${join(folder, 'c.node')} is gone`);
    vi.spyOn(process, 'getuid').mockReturnValue(process.getuid!() + 1);
    expect(doubt(file)).toBe(`${folder} belongs to another user`);
  });
});
