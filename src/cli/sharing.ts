import { dirname } from 'node:path';
import { readConfig } from '../config/config.js';
import type { Pipeline } from '../pipeline/task.js';
import type { RunEvent } from '../run/events.js';
import type { Sharing } from '../run/sharing.js';
import { type RemoteSettings, remoteSettings } from '../store/remote/settings.js';
import type { Store } from '../store/store.js';
import { DiagnosticsError } from './context.js';

/**
 * The remote cache that is meant for a pipeline; undefined if there is none.
 *
 * @throws UsageError for variables of the environment that can't be understood; DiagnosticsError for mistakes in the
 *   user's configuration
 */
async function settingsOf({ cache, folder }: Pipeline): Promise<RemoteSettings | undefined> {
  const { file, config, diagnostics, text } = await readConfig();
  if (config === undefined) throw new DiagnosticsError(diagnostics, file, () => text);
  return remoteSettings([
    { section: config.cache, folder: dirname(file) },
    { section: cache, folder },
  ]);
}

/** What a run shares through its remote cache; undefined if there is none: then nothing of all this is loaded. */
export async function openSharing(
  pipeline: Pipeline,
  store: Store,
  emit: (event: RunEvent) => void,
): Promise<Sharing | undefined> {
  const settings = await settingsOf(pipeline);
  if (settings === undefined) return undefined;
  const [{ openRemote }, { Sharing }] = await Promise.all([
    import('../store/remote/open.js'),
    import('../run/sharing.js'),
  ]);
  return new Sharing(await openRemote(settings, store, (warning) => emit({ event: 'warning', ...warning })), emit);
}
