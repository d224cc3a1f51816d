import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../error.js';
import { systemCode } from '../../files/error.js';
import { importModule } from '../../import-module.js';
import { buildFolder } from '../../paths.js';
import { printError } from '../terminal/output.js';

/** The module of pages. */
type Pages = typeof import('./live.js');

/**
 * Opens a page, and tells where it is. By a module of its own: what nobody watches loads none of it.
 *
 * @param said what the call says after `--port`
 * @param open is given the module, and the port: 0 for any that is free
 * @throws UserError for what is no port, and for one that others have
 */
export async function openPage<Page extends { show(): readonly string[] }>(
  said: string | undefined,
  open: (module: Pages, port: number) => Promise<Page>,
): Promise<Page> {
  const port = Number(said ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError('E_USAGE', `--port ${said}: it must be a number up to 65535.`);
  const module = await importModule(pathToFileURL(join(buildFolder, 'live.js')).href);
  const page = await open(module as Pages, port).catch((error: unknown) => {
    const code = systemCode(error);
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is in use';
    throw new UserError('E_USAGE', `The port ${port} ${why}.`, 'leave out --port to use any free one');
  });
  // Beside what programs may read.
  for (const [at, line] of page.show().entries()) printError(`${at === 0 ? 'page:   ' : '        '} ${line}`);
  return page;
}
