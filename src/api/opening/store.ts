import { statSync } from 'node:fs';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { slurmJobs } from '../../run/slurm/own-job.js';
import { Store } from '../../store/store.js';
import { shownPath } from './calls.js';
import type { PipelineOptions } from './options.js';
import { artifactsFolder } from './project.js';

/** The store of a pipeline; without one that of the working folder's project. */
export function openStore(options: Pick<PipelineOptions, 'artifacts'>, pipeline?: Pick<Pipeline, 'file'>): Store {
  const artifacts = artifactsFolder(options.artifacts, pipeline?.file);
  if (statSync(artifacts, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UserError(
      'E_USAGE',
      `${shownPath(artifacts)} is a file, but results need a folder.`,
      'choose a folder with --artifacts',
    );
  return Store.open(artifacts, { jobs: slurmJobs() });
}
