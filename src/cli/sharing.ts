import type { Pipeline } from '../pipeline/task.js';
import type { RunEvent } from '../run/events.js';
import type { Sharing } from '../run/sharing.js';
import { type RemoteSettings, remoteSettings } from '../store/remote/settings.js';
import type { Store } from '../store/store.js';

/**
 * The remote cache that is meant for a pipeline; undefined if there is none.
 *
 * @throws UsageError for variables of the environment that can't be understood
 */
export async function settingsOf({ cache, folder }: Pipeline): Promise<RemoteSettings | undefined> {
  return remoteSettings([{ section: cache, folder }]);
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
  return new Sharing(
    openRemote(settings, store, (warning) => emit({ event: 'warning', ...warning })),
    emit,
  );
}
