import { dirname, join, relative, sep } from 'node:path';
import { readRegularFile } from '../files/regular-file.js';
import { version } from '../version.js';

interface LockFile {
  readonly packages?: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>;
}

const parsed = new Map<string, unknown>();

/** Forgets what was read of packages: from now on they are read anew. */
export function forgetPackages(): void {
  parsed.clear();
}

/**
 * The version of a package as a file in `folder` imports it: from the `package-lock.json` of that folder or the nearest
 * above, else from the installed package itself. `spikeline` is always this one. `missing` if there is none.
 */
export function packageVersion(name: string, folder: string): string {
  if (name === 'spikeline') return version;
  const lock = findLock(folder);
  if (lock !== undefined) {
    for (const place of upwards(folder)) {
      const path = [...relative(lock.folder, place).split(sep), 'node_modules', name].filter(Boolean).join('/');
      const version = lock.file.packages?.[path]?.version;
      if (version !== undefined) return version;
      if (place === lock.folder) break;
    }
  }
  for (const place of upwards(folder)) {
    const manifest = readJson<{ version?: string }>(join(place, 'node_modules', name, 'package.json'));
    if (manifest !== undefined) return manifest.version ?? 'unversioned';
  }
  return 'missing';
}

function findLock(folder: string): { readonly folder: string; readonly file: LockFile } | undefined {
  for (const place of upwards(folder)) {
    const file = readJson<LockFile>(join(place, 'package-lock.json'));
    if (file !== undefined) return { folder: place, file };
  }
  return undefined;
}

/** The folder and those above it. */
function upwards(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

/** Undefined where there is none that can be read, or where it is nothing but a value. */
function readJson<T extends object>(path: string): T | undefined {
  if (!parsed.has(path)) parsed.set(path, parse(path));
  return parsed.get(path) as T | undefined;
}

function parse(path: string): unknown {
  try {
    const value = JSON.parse(readRegularFile(path).toString()) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
