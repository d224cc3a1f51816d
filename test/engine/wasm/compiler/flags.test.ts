import { describe, expect, it } from 'vitest';
import { findFlags, flagSets } from '../../../../src/engine/wasm/compiler/flags.js';
import { type Flags, type Outcome, tryFlags } from '../../../../src/engine/wasm/compiler/trial.js';
import { wasmEngine } from '../../../../src/engine/wasm/engine.js';
import { bundle } from '../../../../src/fingerprint/bundle.js';
import { packageRoot } from '../../../../src/paths.js';
import { engineBoundary } from '../../../../src/stage/fingerprint.js';

const works: Outcome = { result: 'works' };
const fails: Outcome = { result: 'fails', why: 'was ended by SIGTRAP' };
const unclear: Outcome = { result: 'unclear', why: 'was ended by SIGKILL' };
const sets: readonly Flags[] = [['--a'], ['--b', '--c'], []];

/** What is found when trials end like this, and what was tried. */
async function find(...outcomes: readonly Outcome[]) {
  const tried: string[] = [];
  const finding = await findFlags(sets, async (flags) => {
    tried.push(flags.join(' '));
    return outcomes[tried.length - 1]!;
  });
  return { ...finding, tried };
}

describe('sets of flags', () => {
  it('are tried one after the other until one works', async () => {
    expect(await find(works)).toEqual({ flags: ['--a'], rejected: [], certain: true, tried: ['--a'] });
    expect(await find(fails, works)).toEqual({
      ...{ flags: ['--b', '--c'], certain: true, tried: ['--a', '--b --c'] },
      rejected: [{ flags: ['--a'], why: 'was ended by SIGTRAP' }],
    });
    expect(await find(fails, fails, works)).toMatchObject({ flags: [], certain: true, tried: ['--a', '--b --c', ''] });
  });

  it('are left out for this time after a trial that says nothing', async () => {
    expect(await find(unclear, works)).toEqual({
      ...{ flags: [], certain: false, tried: ['--a', ''] },
      rejected: [{ flags: ['--a'], why: 'was ended by SIGKILL' }],
    });
    expect(await find(fails, unclear, unclear)).toMatchObject({ flags: [], certain: false });
  });

  it('are not what is wrong where the engine does not work without either', async () => {
    await expect(find(fails, unclear, fails)).rejects.toMatchObject({
      code: 'E_ENGINE',
      message: `The engine does not work with Node ${process.version} on this machine: a process that tried it was ended by SIGTRAP.`,
      hint: 'Another version of Node may work: 20, 22, 24 and 26 are tested.',
    });
  });

  it('begin with what is known of a version of V8, and end with none', () => {
    for (const version of ['11.3.244.8-node.38', '13.6.233.17-node.51', '14.1.146.11-node.27', '15.2', 'unknown'])
      expect(flagSets(version).at(-1)).toEqual([]);
    for (const flag of flagSets().flat()) expect(flag).toMatch(/^--no-/);
    const first = (version: string) => flagSets(version)[0]!.includes('--no-wasm-inlining');
    expect([first('13.6.233.17-node.51'), first('14.1.146.11-node.27')]).toEqual([false, true]);
  });

  // Beside other modules of WebAssembly, too: the process that tries them has one.
  it('work here, the first as well as none, and give the right bits', async () => {
    expect(await Promise.all([flagSets()[0]!, []].map((flags) => tryFlags(flags)))).toEqual([works, works]);
  });

  it('stay out of fingerprints', async () => {
    const boundary = engineBoundary(wasmEngine);
    const { code, files } = await bundle(`${packageRoot}/src/engine/wasm/trainer.ts`, packageRoot, boundary);
    expect(Object.keys(files)).toContain('src/engine/wasm/pool.ts');
    expect(Object.keys(files).filter((name) => name.includes('compiler'))).toEqual([]);
    expect(code).not.toContain('liftoff');
  });
});
