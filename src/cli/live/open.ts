import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../error.js';
import { systemCode } from '../../files/error.js';
import { importModule } from '../../import-module.js';
import { buildFolder } from '../../paths.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import { printError } from '../terminal/output.js';

/**
 * Opens the page of a run, and tells where it is. By a module of its own: what nobody watches loads none of it.
 *
 * @param said what the call says after `--port`
 * @throws UserError for what is no port, and for one that others have
 */
export async function openLivePage(
  pipeline: Pipeline,
  store: Store,
  tasks: readonly TaskId[],
  said: string | undefined,
) {
  const port = Number(said ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError('E_USAGE', `--port ${said}: it must be a number up to 65535.`);
  const module = await importModule(pathToFileURL(join(buildFolder, 'live.js')).href);
  const { LivePage } = module as typeof import('./live.js');
  const page = await LivePage.open(pipeline, store, tasks, port).catch((error: unknown) => {
    const code = systemCode(error);
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is in use';
    throw new UserError('E_USAGE', `The port ${port} ${why}.`, 'leave out --port to use any free one');
  });
  // Beside what programs may read.
  for (const [at, line] of page.show().entries()) printError(`${at === 0 ? 'page:   ' : '        '} ${line}`);
  return page;
}
