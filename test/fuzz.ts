/** Runs of a property; `npm run test:fuzz` tries more. */
export const fuzz = (runs: number) => ({ numRuns: runs * Number(process.env.SPIKELINE_FUZZ ?? 1) });
