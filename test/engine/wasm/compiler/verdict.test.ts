import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readVerdict, rememberVerdict, verdictName } from '../../../../src/engine/wasm/compiler/verdict.js';
import { testFolder } from '../../../store/folder.js';

const sets = [['--a', '--b'], ['--a'], []];
const kernels = new Uint8Array([1, 2, 3]);
const name = verdictName(kernels);
let cache: string;
const file = () => join(cache, 'compiler', name);

beforeEach(() => {
  cache = testFolder();
  vi.stubEnv('SPIKELINE_CACHE', cache);
});

describe('what was found out about V8', () => {
  it.each(sets.map((flags) => [flags.join(' '), flags]))('is remembered: %s', async (_, flags) => {
    await rememberVerdict(name, { flags, rejected: [], certain: true });
    expect(readVerdict(name, sets)).toEqual(flags);
    expect(readdirSync(join(cache, 'compiler'))).toEqual([name]);
  });

  it('is not, where it is not certain', async () => {
    await rememberVerdict(name, { flags: [], rejected: [], certain: false });
    expect(readdirSync(cache)).toEqual([]);
  });

  it.each(['', '{', 'null', '[]', '{"flags":"--a"}', '{"flags":["--b","--a"]}', '{"flags":["--harmful"]}'])(
    'is as good as missing where the file holds %j',
    (text) => {
      mkdirSync(join(cache, 'compiler'));
      writeFileSync(file(), text);
      expect(readVerdict(name, sets)).toBe(undefined);
    },
  );

  it.skipIf(process.platform === 'win32')('is as good as missing where there is a pipe', () => {
    mkdirSync(join(cache, 'compiler'));
    execFileSync('mkfifo', [file()]);
    expect(readVerdict(name, sets)).toBe(undefined);
  });

  it('belongs to the kernels and to the options that Node is given', () => {
    const others = [verdictName(new Uint8Array([1, 2]))];
    vi.stubEnv('NODE_OPTIONS', '--jitless');
    others.push(verdictName(kernels));
    expect(new Set([name, ...others]).size).toBe(3);
    expect(name).toContain(`node-${process.versions.node}-`);
  });

  it('is done without where it cannot be written', async () => {
    writeFileSync(join(cache, 'compiler'), 'in the way');
    await rememberVerdict(name, { flags: [], rejected: [], certain: true });
    expect(readVerdict(name, sets)).toBe(undefined);
  });
});
