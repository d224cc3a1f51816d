import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests that take minutes, or need more than Node and npm: each group is a folder of its own, with its own script. */
const slow = ['browser', 'faults', 'long', 'nodes', 'package', 'remote', 'slurm'];

/**
 * Unit tests that need a process of their own: because they replace modules or say so. The others share one and what it
 * has loaded: loading it anew for each file takes a third of their time.
 */
const isAlone = (path: string) =>
  /^\/\/ In a process of its own|\bvi\.(mock|doMock|resetModules)\(/m.test(readFileSync(path, 'utf8'));

const units = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((path) => !slow.some((group) => path.startsWith(`test/${group}/`)));

const common = {
  // Programs start slowly on a busy machine, and nothing is about time.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  pool: 'forks' as const,
};

/**
 * Each process of Node's reads the certificates that this names as it starts, where a machine has it set: two thirds of what
 * the start takes of a processor, thousands of times. Only tests of the package ask servers that are not their own.
 */
const withoutCertificates = { env: { NODE_EXTRA_CA_CERTS: '' } };

const unit = {
  ...common,
  ...withoutCertificates,
  // By default one processor is left alone. Many tests wait for processes: one more than there are processors is best.
  maxWorkers: availableParallelism() + 1,
  unstubEnvs: true,
  setupFiles: ['test/equality.ts'],
};

export default defineConfig({
  test: {
    // Tests start what is built.
    globalSetup: 'test/build.ts',
    // CI starts Vitest some twenty times: what it has made of a source is kept for the next one.
    experimental: { fsModuleCache: true },
    projects: [
      {
        test: {
          ...unit,
          // Behind those that are alone, which Vitest takes up by their names: some wait long, and at the end nothing would fill that.
          name: 'unit-shared',
          include: units.filter((path) => !isAlone(path)),
          isolate: false,
        },
      },
      { test: { ...unit, name: 'unit-alone', include: units.filter(isAlone) } },
      ...slow.map((group) => ({
        test: {
          name: group,
          include: [`test/${group}/**/*.test.ts`],
          ...common,
          // Jobs of a cluster mostly wait.
          ...(group === 'slurm' ? { maxWorkers: 3 } : { fileParallelism: false }),
          ...(group === 'package' ? { globalSetup: 'test/package/pack.ts' } : withoutCertificates),
        },
      })),
    ],
  },
});
