import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { build, readVerdict, targetOf } from '../../src/engine/wasm/native/build.js';
import { findCompiler } from '../../src/engine/wasm/native/compiler.js';
import { levelsHere } from '../../src/engine/wasm/native/level.js';
import { targetBy } from '../engine/wasm/native/target.js';
import { testFolder } from '../store/folder.js';

const real = findCompiler();
const compiler = 'missing' in real ? undefined : real;

beforeEach(() => {
  vi.stubEnv('SPIKELINE_CACHE', testFolder());
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(compiler === undefined || levelsHere().length === 0)('native kernels, compiled here,', () => {
  it('are not used where one of them has not done the same as WebAssembly’s', async () => {
    // A compiler that takes roots for superfluous.
    const words = compiler!.words.map((word) => `'${word}'`).join(' ');
    const target = targetBy(`exec ${words} '-D__builtin_sqrtf(x)=(x)' "$@" -O1`);
    expect(await build(target)).toEqual({
      usable: false,
      why: expect.stringMatching(
        /^ended with exit code 1 \(Error: .*adam.* differs from WebAssembly's at byte \d+ of \d+\)$/,
      ),
    });
    expect(existsSync(target.file)).toBe(false);
  });

  // The best one is what the unit tests make.
  it.each(
    levelsHere()
      .slice(0, -1)
      .map((level) => [level.name, level] as const),
  )('do the same as WebAssembly’s for %s', async (_, level) => {
    const target = targetOf(compiler!, level);
    expect(await build(target)).toEqual({ usable: true });
    expect(readVerdict(target)).toEqual({ usable: true });
    expect(existsSync(target.file)).toBe(true);
  });
});
