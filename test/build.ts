import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageRoot } from '../src/paths.js';

const build = () => {
  execFileSync(process.execPath, [join(packageRoot, 'src/tools/build.mjs')], { stdio: 'inherit' });
};

/** Builds before any test, whatever command starts them: half of the tests run what is built, not what is written. */
export default async function setup(project: TestProject): Promise<void> {
  build();
  // Nothing is compiled in the background while tests run; those of native kernels ask for them.
  process.env.SPIKELINE_KERNELS ??= 'wasm';
  // Compiled once, and not by each process of tests that misses them.
  if (process.env.SPIKELINE_KERNELS === 'native')
    await (await import('../src/engine/wasm/native/choice.js')).chooseNative();
  // Tests may take long, and start programs of it one after the other.
  const { holdBuild } = await import('../src/files/build-use.js');
  holdBuild('process');
  project.onTestsRerun(async () => build());
}
