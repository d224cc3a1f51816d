import type { LoadOptions } from '../pipeline/assemble.js';
import { loadPipeline } from '../pipeline/load.js';
import { answersArrived, describeStage } from '../stage/describe.js';

/** Loads a pipeline without running any code of its stages in this process. */
export async function loadDescribed(
  file: string,
  options: Omit<LoadOptions, 'resolveStage'> = {},
): ReturnType<typeof loadPipeline> {
  const loaded = await loadPipeline(file, { ...options, resolveStage: describeStage });
  return (await answersArrived()) ? loadDescribed(file, options) : loaded;
}
