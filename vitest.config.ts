import { defineConfig } from 'vitest/config';

/** Tests that take minutes, or need more than Node and npm: each group is a folder of its own, with its own script. */
const slow = ['browser', 'faults', 'long', 'nodes', 'package', 'remote', 'slurm'];

export default defineConfig({
  test: {
    // Tests start what is built.
    globalSetup: 'test/build.ts',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: slow.map((group) => `test/${group}/**`),
          // Programs start slowly on a busy machine, and nothing is about time.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          pool: 'forks',
          // By default one processor is left alone: on two that doubles the time.
          maxWorkers: '100%',
        },
      },
      ...slow.map((group) => ({
        test: {
          name: group,
          include: [`test/${group}/**/*.test.ts`],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          pool: 'forks' as const,
          // Jobs of a cluster mostly wait.
          ...(group === 'slurm' ? { maxWorkers: 3 } : { fileParallelism: false }),
        },
      })),
    ],
  },
});
