import { type CacheSource, remoteSettings } from '../../store/remote/settings.js';
import type { Store } from '../../store/store.js';
import type { RunEvent } from '../events.js';
import type { Sharing } from './sharing.js';

/**
 * What a run shares through its remote cache; undefined if there is none: then nothing of all this is loaded.
 *
 * @param sources of settings, as in `remoteSettings`
 * @throws UserError for variables of the environment that can't be understood
 */
export async function openSharing(
  sources: readonly CacheSource[],
  store: Store,
  emit: (event: RunEvent) => void,
): Promise<Sharing | undefined> {
  const settings = remoteSettings(sources);
  if (settings === undefined) return undefined;
  const [{ openRemote }, { Sharing }] = await Promise.all([
    import('../../store/remote/open.js'),
    import('./sharing.js'),
  ]);
  const cache = await openRemote(settings, store, (warning) => emit({ event: 'warning', ...warning }));
  return new Sharing(cache, emit, settings.caution);
}
