import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { Sandbox, sandboxTest, test } from '../e2e/program.js';
import { describeExecutor } from './contract.js';

describeExecutor('local', test);

// Among the developers' own programs, which use the newest build.
const program = join(packageRoot, '.build/dev/one-by-one.js');
const oneByOne = sandboxTest(() => new Sandbox(program));

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'programs/one-by-one.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // With all but what is a program of its own: to load a thousand modules takes it as long as to run.
    external: ['@resvg/resvg-js', 'esbuild', 'h5wasm'],
    banner: { js: "import * as __module from 'node:module'; const require = __module.createRequire(import.meta.url);" },
  });
});

describeExecutor('one-by-one', oneByOne);

oneByOne('an executor that is entered in the registry is one of those that there are', async ({ box }) => {
  const { code, err } = await box.run(['run', '--executor', 'abacus']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^There is no executor "abacus"\.\n {2}hint: known: local, .*one-by-one\n$/),
  ]);
});
