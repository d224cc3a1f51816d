/**
 * `import()` of a module's URL. In the built command line `src/cli/program.ts` supplies it: scripts that come from V8's
 * code cache can't import.
 */
export const importModule = (url: string): Promise<unknown> => import(url);
