import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/**
 * `require()` of a CommonJS file of the build. In the built command line `src/cli/program.ts` supplies it, which keeps what
 * V8 has compiled of the file.
 */
export const requireModule = (file: string): unknown => load(file) as unknown;
