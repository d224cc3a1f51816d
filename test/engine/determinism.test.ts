import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { cases, fingerprint, livelyParameters } from './fingerprint.js';

describe.each(Object.entries(cases))('%s', (_, { network, gradients, golden }) => {
  let lively: ReadonlyMap<string, Float32Array>;

  beforeAll(async () => {
    lively = await livelyParameters(network);
  }, 60_000);

  it.each([1, 2, 3, 4])(
    'gives the same bits with %i threads',
    async (threads) => {
      expect(await fingerprint(network, lively, threads, gradients)).toBe(golden);
    },
    60_000,
  );
});

describe('other compilers give the same bits', () => {
  const goldens = Object.fromEntries(Object.entries(cases).map(([name, { golden }]) => [name, golden]));

  async function hashes(node: string, compiler: 'liftoff' | 'optimised', names: string[] = []): Promise<unknown> {
    const { stdout } = await promisify(execFile)(node, [join(buildFolder, 'golden.js'), compiler, ...names]);
    return JSON.parse(stdout);
  }

  it('V8’s baseline compiler', async () => {
    // The slowest of them are left to the runs with another version of Node.
    const names = ['LeNet k1B2', 'LeNet k1B2 with integer gradients'];
    const expected = Object.fromEntries(names.map((name) => [name, goldens[name]]));
    expect(await hashes(process.execPath, 'liftoff', names)).toEqual(expected);
  }, 240_000);

  // CI installs another version of Node and says where it lies.
  const other = process.env.SPIKELINE_OTHER_NODE;
  it.skipIf(other === undefined).each(['optimised', 'liftoff'] as const)(
    'another version of Node, %s',
    async (compiler) => {
      expect(await hashes(other!, compiler)).toEqual(goldens);
    },
    240_000,
  );
});
