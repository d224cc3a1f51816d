import { defineConfig } from 'vitest/config';

/** Faults of every kind, with the real program: minutes. SPIKELINE_KILLS=5000 makes hours of it. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
