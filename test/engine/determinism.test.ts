import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { testFolder } from '../store/folder.js';
import { cases, fingerprint, fingerprintOfTrials, goldenTrials, livelyParameters, writeLively } from './fingerprint.js';

describe.each(Object.entries(cases))('%s', (_, { network, gradients, golden }) => {
  let lively: ReadonlyMap<string, Float32Array>;

  beforeAll(async () => {
    lively = await livelyParameters(network);
  });

  // With two they are computed below, and on other versions of Node; threads.test.ts has more than there is work for.
  it.each([1, 3])('gives the same bits with %i threads', async (threads) => {
    expect(await fingerprint(network, lively, threads, gradients)).toBe(golden);
  });
});

it('each kernel gives the same bits, in small networks', async () => {
  expect(await fingerprintOfTrials()).toBe(goldenTrials);
});

it.skipIf(process.env.SPIKELINE_KERNELS === 'native')('V8’s baseline compiler gives the same bits', async () => {
  // The slowest of them are left to test/nodes.
  const names = ['LeNet k1B2', 'LeNet k1B2 with integer gradients'];
  const expected = Object.fromEntries(names.map((name) => [name, cases[name]!.golden]));
  const lively = join(testFolder(), 'lively');
  await writeLively(lively, names);
  const args = [join(buildFolder, '../dev/golden.js'), 'liftoff', ...names];
  const env = { ...process.env, SPIKELINE_TEST_LIVELY: lively };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(JSON.parse(stdout)).toEqual(expected);
});
