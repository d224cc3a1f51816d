import { realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { readRegularFile } from '../files/regular-file.js';
import { version } from '../version.js';

/** An import of a package by a file in `folder`. */
export interface PackageImport {
  readonly name: string;
  readonly folder: string;
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

interface Installed {
  /** Where it lies, links resolved. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly version: string;
}

const parsed = new Map<string, unknown>();

/** Forgets what was read of packages: from now on they are read anew. */
export function forgetPackages(): void {
  parsed.clear();
}

/** True for a file of a package that was installed, false for one of the project's own, which may be a package, too. */
export function isInstalled(path: string): boolean {
  return path.split(sep).includes('node_modules');
}

/**
 * The versions of packages and of all that they depend on, by name. Those are the installed ones; of what is not
 * installed, the version that the nearest `package-lock.json` has. `spikeline` is always this one; `missing` if there is
 * none. Optional dependencies don't count: they differ from machine to machine, and have the version of what needs them.
 */
export function packageVersions(imports: readonly PackageImport[]): Readonly<Record<string, string>> {
  const versions = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const note = (name: string, version: string) => {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  };
  const follow = ({ name, folder }: PackageImport, isDirect: boolean) => {
    if (name === 'spikeline') return note(name, version);
    const installed = findInstalled(name, folder);
    if (installed === undefined) {
      if (isDirect) note(name, lockedVersion(name, folder) ?? 'missing');
      return;
    }
    note(name, installed.version);
    // What a package of the project's own imports is known from its code.
    if (seen.has(installed.folder) || !isInstalled(installed.folder)) return;
    seen.add(installed.folder);
    const { dependencies, peerDependencies } = installed.manifest;
    for (const needed of Object.keys({ ...dependencies, ...peerDependencies }))
      follow({ name: needed, folder: installed.folder }, false);
  };
  for (const one of imports) follow(one, true);
  const entries = [...versions].map(([name, all]) => [name, [...all].sort().join(', ')] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The package that a file in `folder` imports by this name. */
function findInstalled(name: string, folder: string): Installed | undefined {
  for (const place of upwards(folder)) {
    const path = join(place, 'node_modules', name);
    const manifest = readJson<Manifest>(join(path, 'package.json'));
    if (manifest === undefined) continue;
    const version = manifest.version ?? 'unversioned';
    return { folder: realpathSync(path), manifest, version: version + origin(place, name) };
  }
  return undefined;
}

/** Of a package from elsewhere than a registry, where its version says too little: the commit or the digest that npm installed. */
function origin(place: string, name: string): string {
  const { resolved, integrity } = locked('node_modules/.package-lock.json', place, name) ?? {};
  if (!/^(git|file)/.test(String(resolved))) return '';
  const [, commit = integrity] = /^git.*#(.+)/.exec(resolved!) ?? [];
  return commit === undefined ? '' : ` (${commit})`;
}

function lockedVersion(name: string, folder: string): string | undefined {
  for (const place of upwards(folder)) {
    const version = locked('package-lock.json', place, name)?.version;
    if (version !== undefined) return version;
  }
  return undefined;
}

/** What a lock file of `place`, or of a folder above it, says of the package in its `node_modules`. */
function locked(lockFile: string, place: string, name: string): LockedPackage | undefined {
  for (const folder of upwards(place)) {
    const path = [...relative(folder, place).split(sep), 'node_modules', name].filter(Boolean).join('/');
    const found = readJson<LockFile>(join(folder, lockFile))?.packages?.[path];
    if (found !== undefined && found !== null) return found;
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
