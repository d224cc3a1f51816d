import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { version } from '../version.js';

interface LockFile {
  readonly packages?: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>;
}

const parsed = new Map<string, Promise<unknown>>();

/**
 * The version of a package as a file in `folder` imports it: from the `package-lock.json` of that folder or the nearest
 * above, else from the installed package itself. `spikeline` is always this one. `missing` if there is none.
 */
export async function packageVersion(name: string, folder: string): Promise<string> {
  if (name === 'spikeline') return version;
  const lock = await findLock(folder);
  if (lock !== undefined) {
    for (const place of upwards(folder)) {
      const path = [...relative(lock.folder, place).split(sep), 'node_modules', name].filter(Boolean).join('/');
      const version = lock.file.packages?.[path]?.version;
      if (version !== undefined) return version;
      if (place === lock.folder) break;
    }
  }
  for (const place of upwards(folder)) {
    const manifest = await readJson<{ version?: string }>(join(place, 'node_modules', name, 'package.json'));
    if (manifest !== undefined) return manifest.version ?? 'unversioned';
  }
  return 'missing';
}

async function findLock(folder: string): Promise<{ folder: string; file: LockFile } | undefined> {
  for (const place of upwards(folder)) {
    const file = await readJson<LockFile>(join(place, 'package-lock.json'));
    if (file !== undefined) return { folder: place, file };
  }
  return undefined;
}

/** The folder and those above it. */
function upwards(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

function readJson<T>(path: string): Promise<T | undefined> {
  let value = parsed.get(path);
  if (value === undefined) {
    value = readFile(path, 'utf8').then(
      (text) => JSON.parse(text) as unknown,
      () => undefined,
    );
    parsed.set(path, value);
  }
  return value as Promise<T | undefined>;
}
