import { joinSlurmSettings } from '../../pipeline/check/slurm.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { RunOptions } from '../../run/executor.js';
import { slurmCommands } from '../../run/slurm/command.js';
import { SlurmExecutor, type SlurmOptions } from '../../run/slurm/executor.js';
import { parseLargestArray } from '../../run/slurm/jobs.js';
import { type JobPreview, previewJobs } from '../../run/slurm/preview.js';
import type { Store } from '../../store/store.js';
import { userConfig } from './config.js';

/** What runs tasks as jobs of Slurm, with the settings of the user over those of the pipeline. */
export async function slurmExecutor(
  pipeline: Pipeline,
  store: Store,
  options: RunOptions & Pick<SlurmOptions, 'caches'>,
): Promise<SlurmExecutor> {
  const { config } = await userConfig();
  return new SlurmExecutor(pipeline, store, { ...options, settings: joinSlurmSettings(pipeline.slurm, config.slurm) });
}

/** Which jobs tasks would get, with arrays as large as this cluster takes them, or as Slurm does by itself. */
export async function slurmPreview(pipeline: Pipeline, tasks: readonly Task[]): Promise<JobPreview> {
  const { config } = await userConfig();
  const largest = await slurmCommands.largestArray().catch(() => parseLargestArray(''));
  return previewJobs(tasks, joinSlurmSettings(pipeline.slurm, config.slurm), largest);
}
