import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { build } from '../../../../src/engine/wasm/native/build.js';
import { findCompiler } from '../../../../src/engine/wasm/native/compiler.js';
import { levels } from '../../../../src/engine/wasm/native/level.js';
import { buildFolder } from '../../../../src/paths.js';
import { testFolder } from '../../../store/folder.js';
import { targetBy } from './target.js';

const names = ['gcc', 'gcc-9', 'gcc-10', 'gcc-11', 'clang', 'clang-13', 'clang-14', 'clang-15', 'clang-16', 'clang-19'];
const found = names.flatMap((name) => {
  const compiler = findCompiler({ PATH: process.env.PATH, SPIKELINE_CC: name });
  return 'missing' in compiler ? [] : [[name, compiler.words[0]!] as const];
});

/** The kernels as a compiler without newer builtins sees them; the headers of its own may want them, and come before. */
const source = `
#include <stdbool.h>
#include <stdint.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif
#undef __has_builtin
#define __has_builtin(name) 0
#define __builtin_elementwise_sqrt absent
#define __builtin_elementwise_add_sat absent
#ifndef __clang__
#define __builtin_shufflevector absent
#endif
#include "all.c"
`;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(process.platform === 'win32')('native kernels', () => {
  it.each(found)('are understood by %s without what only newer compilers have', (_, program) => {
    for (const { name, width, flags } of levels[process.arch] ?? []) {
      const words = ['-std=gnu11', '-w', `-DWIDTH=${width}`, ...flags, '-fsyntax-only', '-x', 'c', '-'];
      const { stderr } = spawnSync(program, words, {
        cwd: join(buildFolder, 'native'),
        input: source,
        encoding: 'utf8',
      });
      expect([name, stderr]).toEqual([name, '']);
    }
  });

  it.skipIf(process.platform !== 'linux' || found[0]?.[0] !== 'gcc')(
    'say which compilers will do to one that won’t',
    async () => {
      vi.stubEnv('SPIKELINE_CACHE', testFolder());
      const target = targetBy('exec gcc "$@" -U__GNUC__ -D__GNUC__=8 -fsyntax-only');
      expect(await build(target)).toEqual({
        usable: false,
        why: expect.stringMatching(
          /compiler\.sh failed: .*#error native kernels need GCC 9 or later, or Clang 13 or later$/,
        ),
      });
    },
  );
});
