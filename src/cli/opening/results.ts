import { callOf, shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';

/** Of a project in which nothing has run. */
export const nothingYet = ({ folder }: Store): string =>
  `Nothing has run yet: there is no store in ${shownPath(folder)}.`;

/** The store of a pipeline, for what can do nothing without results. @throws UserError `E_NO_RESULT` if nothing has run */
export function openResults(options: PipelineOptions, pipeline: Pipeline): Store {
  const store = openStore(options, pipeline);
  if (!store.exists) throw noResult(nothingYet(store), options, pipeline);
  return store;
}

/** What a command ends by that needs results, and lacks some. */
export function noResult(message: string, options: PipelineOptions, pipeline: Pipeline): UserError {
  return new UserError('E_NO_RESULT', message, `run it first: ${callOf('run', pipeline, options)}`, { exitCode: 1 });
}
