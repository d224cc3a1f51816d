// What programs call. Stages of users import the same package, in the process of each task: nothing of it is loaded before
// it is called.

import type { LoadOptions, Pipeline, PlannedTask, PlanOptions, RunOptions, RunResult, TaskResult } from './types.js';

const actions = () => import('./actions.js');

/**
 * Loads a pipeline file and checks it. No code of stages runs in this process.
 *
 * @param file path, or URL such as `new URL('paper.yaml', import.meta.url)`
 * @throws PipelineError with all mistakes of the file and the call
 */
export async function loadPipeline(file: string | URL, options: LoadOptions = {}): Promise<Pipeline> {
  return (await actions()).loadPipeline(file, options);
}

/**
 * What a run would do with each task, in the pipeline's order, and why. Nothing runs.
 *
 * @throws UserError `E_USAGE` for targets that there are not
 */
export async function plan(pipeline: Pipeline, options: PlanOptions = {}): Promise<readonly PlannedTask[]> {
  return (await actions()).plan(pipeline, options);
}

/**
 * Brings tasks up to date. Resolves when all of them are done, have failed or are skipped; tasks that failed are in the
 * result.
 *
 * @throws UserError for what keeps the run as a whole from being made, such as a store that can't be written
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunResult> {
  return (await actions()).run(pipeline, options);
}

/**
 * The results that are up to date, in the pipeline's order. The readable tree is brought up to date with them, as a run
 * does it: where the same pipeline ran in another form since, paths would lead to the results of that.
 *
 * @param options targets: tasks or stages. Default: all
 */
export async function results(
  pipeline: Pipeline,
  options: Pick<PlanOptions, 'targets'> = {},
): Promise<readonly TaskResult[]> {
  return (await actions()).results(pipeline, options);
}
