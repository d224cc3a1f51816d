import { defineConfig } from 'vitest/config';

/** Twenty thousand texts and more for whatever reads pipeline files. */
export default defineConfig({
  test: {
    include: ['test/pipeline/properties.test.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    env: { SPIKELINE_FUZZ: '24' },
  },
});
