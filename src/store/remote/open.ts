import type { Store } from '../store.js';
import { RemoteCache } from './cache.js';
import { FolderRemote } from './folder.js';
import type { RemoteSettings } from './settings.js';
import { connections, type Warning } from './traffic.js';

/** The cache that settings name, for the results of a store. Close it at the end. */
export async function openRemote(
  settings: RemoteSettings,
  store: Store,
  warn: (warning: Warning) => void,
): Promise<RemoteCache> {
  const { place, name, silenceMs, authorization } = settings;
  const remote =
    'folder' in place
      ? new FolderRemote(place.folder, name)
      : new (await import('./http.js')).HttpRemote(place.url, {
          connectMs: Math.min(silenceMs, 10_000),
          connections,
          ...(authorization === undefined ? {} : { authorization }),
        });
  return new RemoteCache(remote, store, settings, warn);
}
