import { defineConfig } from 'vitest/config';

/** Checks that take minutes: the main job from end to end. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
