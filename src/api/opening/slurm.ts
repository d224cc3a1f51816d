import { joinSlurmSettings } from '../../pipeline/check/slurm.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { RunOptions } from '../../run/executor.js';
import { SlurmExecutor, type SlurmOptions } from '../../run/slurm/executor.js';
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
