import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { build, type Target, targetOf } from '../../../../src/engine/wasm/native/build.js';
import { findCompiler } from '../../../../src/engine/wasm/native/compiler.js';
import { levels } from '../../../../src/engine/wasm/native/level.js';
import { buildFolder } from '../../../../src/paths.js';
import { goldenTrials } from '../../fingerprint.js';

/** Node for such processors: test/peers/aarch64.sh installs it, and has what else this needs. */
const node = process.env.SPIKELINE_AARCH64_NODE;
const development = join(buildFolder, '../dev');
/** What runs a program of such a processor on this one, with the libraries that the cross compiler came with. */
const emulator = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', node ?? ''];

describe.skipIf(node === undefined)('native kernels on an emulated 64-bit ARM processor', () => {
  let folder: string;
  let target: Target;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spikeline-aarch64-'));
  });
  beforeEach(() => vi.stubEnv('SPIKELINE_CACHE', folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('write in each call the bytes that WebAssembly’s write', async () => {
    const compiler = findCompiler({ PATH: process.env.PATH, SPIKELINE_CC: 'aarch64-linux-gnu-gcc' });
    if ('missing' in compiler) throw new Error(compiler.missing);
    target = targetOf(compiler, levels.arm64![0]!);
    // They are tried as each user's are, but by the emulator.
    const command = [...emulator, join(development, 'emulated-probe.js')];
    const probe = join(folder, 'probe.mjs');
    writeFileSync(
      probe,
      `import { spawnSync } from 'node:child_process';
      const [program, ...words] = ${JSON.stringify(command)};
      process.exitCode = spawnSync(program, [...words, ...process.argv.slice(2)], { stdio: 'inherit' }).status;`,
    );
    expect(await build(target, probe)).toEqual({ usable: true });
  });

  it('compute what WebAssembly does on this machine', async () => {
    const [program, ...words] = emulator;
    // What takes the emulator minutes is left out.
    const args = [...words, join(development, 'golden.js'), target.file, 'trials'];
    const { stdout } = await promisify(execFile)(program!, args);
    expect(JSON.parse(stdout)).toEqual({ trials: goldenTrials });
  });
});
