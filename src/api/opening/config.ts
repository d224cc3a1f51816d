import { dirname } from 'node:path';
import { type Config, readConfig } from '../../config/config.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { CacheSource, Caution } from '../../store/remote/settings.js';
import { pipelineError } from './pipeline.js';

/** The user's configuration; its mistakes are shown all at once and end the program with exit code 2. */
export async function userConfig(): Promise<{
  readonly config: Config;
  readonly folder: string;
  readonly caution?: Caution;
}> {
  const { file, config, diagnostics, text, caution } = await readConfig();
  if (config === undefined) throw pipelineError(diagnostics, file, (name) => (name === file ? text : undefined));
  return { config, folder: dirname(file), ...(caution && { caution }) };
}

/**
 * Who names remote caches for a pipeline, whose word counts first before the others.
 *
 * @param warn is told what the user should know of the configuration
 */
export async function cacheSources(
  { cache, folder }: Pipeline,
  warn: (caution: Caution) => void,
): Promise<readonly CacheSource[]> {
  const user = await userConfig();
  if (user.caution !== undefined) warn(user.caution);
  return [
    { section: user.config.cache, folder: user.folder, own: true },
    { section: cache, folder },
  ];
}
