import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { build, doubt, readVerdict, targetOf } from '../../src/engine/wasm/native/build.js';
import { findCompiler } from '../../src/engine/wasm/native/compiler.js';
import { levelsHere } from '../../src/engine/wasm/native/level.js';
import { buildFolder } from '../../src/paths.js';
import { targetBy } from '../engine/wasm/native/target.js';
import { testFolder } from '../store/folder.js';

const real = findCompiler();
const compiler = 'missing' in real ? undefined : real;
/** For a shell. */
const quoted = compiler?.words.map((word) => `'${word}'`).join(' ');

let cache: string;

beforeEach(() => {
  cache = testFolder();
  vi.stubEnv('SPIKELINE_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(compiler === undefined || levelsHere().length === 0)('native kernels, compiled here,', () => {
  it('are not used where one of them has not done the same as WebAssembly’s', async () => {
    // A compiler that takes roots for superfluous.
    const target = targetBy(`exec ${quoted} '-D__builtin_sqrtf(x)=(x)' "$@" -O1`);
    expect(await build(target)).toEqual({
      usable: false,
      why: expect.stringMatching(
        /^ended with exit code 1 \(Error: .*adam.* differs from WebAssembly's at byte \d+ of \d+\)$/,
      ),
    });
    expect(existsSync(target.file)).toBe(false);
  });

  it('are made by one process where several miss them, and leave nothing half done', () => {
    // Quicker than at full optimisation, which other tests and `npm run test:native` have.
    const target = targetBy(`echo made >> ${join(cache, 'calls')}; exec ${quoted} "$@" -O1`);
    const program = join(buildFolder, 'native-build.js');
    // Beside other tests, what is to be done after all else would not come to its end.
    const atOnce = join(cache, 'at-once.cjs');
    writeFileSync(atOnce, "require('os').setPriority = () => {};\nrequire('module').syncBuiltinESMExports();\n");
    const both = spawnSync(
      'sh',
      ['-c', '"$0" -r "$2" "$1" & "$0" -r "$2" "$1"; wait', process.execPath, program, atOnce],
      {
        env: { ...process.env, SPIKELINE_KERNELS: '' },
        encoding: 'utf8',
      },
    );
    expect([both.status, both.stderr]).toEqual([0, '']);
    expect(readFileSync(join(cache, 'calls'), 'utf8')).toBe('made\n');
    expect([readVerdict(target), doubt(target.file)]).toEqual([{ usable: true }, undefined]);
    expect(readdirSync(dirname(target.file)).length).toBe(2);
  });

  // The best one is what `npm run test:native` makes.
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
