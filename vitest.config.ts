import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/faults/**'],
    testTimeout: 30_000,
    pool: 'forks',
  },
});
