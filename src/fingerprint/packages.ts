import { realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isBelow, toPosix } from '../files/path.js';
import { readRegularFile } from '../files/regular-file.js';
import { version } from '../version.js';
import { digestPackage } from './package-files.js';

/** An import of a package by a file in `folder`. */
export interface PackageImport {
  readonly name: string;
  readonly folder: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean } | null>>;
}

interface LockFile {
  readonly packages?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

interface FoundPackage {
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

/** `@scope/name/sub/path` → `@scope/name` */
function packageName(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * The installed package that a file is in, which one in `folder` imports; undefined for a file of the project's own, which
 * may be in a package, too: one that is a link. `node_modules` itself may be a link, and have another name where it leads.
 */
export function installedPackage(file: string, folder: string): PackageImport | undefined {
  const steps = file.split(sep);
  const last = steps.lastIndexOf('node_modules');
  if (last > 0)
    return { name: packageName(steps.slice(last + 1).join('/')), folder: steps.slice(0, last).join(sep) + sep };
  for (const place of upwards(folder)) {
    const shelf = realPath(join(place, 'node_modules'));
    if (shelf !== undefined && isBelow(shelf, file))
      return { name: packageName(toPosix(relative(shelf, file))), folder: place };
  }
  return undefined;
}

/**
 * The package that a file in `folder` imports.
 *
 * @param file what the import leads to, if anything: a name in `imports` of a package.json says nothing of packages
 */
export function packageImport(file: string | undefined, path: string, folder: string): PackageImport | undefined {
  if (!path.startsWith('#')) return { name: packageName(path), folder };
  if (file === undefined) return undefined;
  const installed = installedPackage(file, folder);
  if (installed !== undefined) return installed;
  const manifests = upwards(dirname(file)).map((place) => readJson<Manifest>(join(place, 'package.json')));
  const name = manifests.find((manifest) => manifest?.name !== undefined)?.name;
  return name === undefined ? undefined : { name, folder };
}

/** True if the package is there, installed or as a link. */
export function isInstalled({ name, folder }: PackageImport): boolean {
  return findPackage(name, folder) !== undefined;
}

/** Where a package lies that is not installed, but a link to a folder of the project's own; undefined for all others. */
export function linkedFolder({ name, folder }: PackageImport): string | undefined {
  const found = findPackage(name, folder)?.folder;
  return found === undefined || installedPackage(found, folder) !== undefined ? undefined : found;
}

/**
 * The versions of packages and of all that they depend on, by name. Those are the installed ones; of what is not
 * installed, the version that the nearest `package-lock.json` has. `spikeline` is always this one; `missing` if there is
 * none. Optional dependencies don't count: they differ from machine to machine, and have the version of what needs them.
 *
 * @param whole folders of linked packages that are no part of the bundle: their files count, and what they depend on
 * @param entry what is bundled, links resolved; of the package that it is in only the version counts
 */
export function packageVersions(
  imports: readonly PackageImport[],
  whole: ReadonlySet<string>,
  entry: string,
): Readonly<Record<string, string>> {
  const versions = new Map<string, Set<string>>();
  /** By folder. */
  const seen = new Map<string, string>();
  const note = (name: string, version: string) => {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  };
  const follow = ({ name, folder }: PackageImport, isDirect: boolean) => {
    if (name === 'spikeline') return note(name, version);
    const found = findPackage(name, folder);
    if (found === undefined) {
      if (isDirect) note(name, lockedVersion(name, folder) ?? 'missing');
      return;
    }
    const known = seen.get(found.folder);
    if (known !== undefined) return note(name, known);
    const isLinked = installedPackage(found.folder, folder) === undefined;
    const isBundled = isDirect && !whole.has(found.folder);
    // What it imports from packages is then among the imports.
    if (isLinked && (isBundled || isBelow(found.folder, entry))) return note(name, found.version);
    const counted = isLinked ? `${found.version} (${digestPackage(found.folder)})` : found.version;
    seen.set(found.folder, counted);
    note(name, counted);
    for (const needed of dependenciesOf(found.manifest)) follow({ name: needed, folder: found.folder }, false);
  };
  for (const one of imports) follow(one, true);
  const entries = [...versions].map(([name, all]) => [name, [...all].sort().join(', ')] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of the packages that a package can't do without. */
function dependenciesOf(manifest: Manifest): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const needed = Object.keys(dependencies ?? {}).filter((name) => !(name in (optionalDependencies ?? {})));
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true);
  return [...new Set([...needed, ...peers])];
}

/** The package that a file in `folder` imports by this name. */
function findPackage(name: string, folder: string): FoundPackage | undefined {
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

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
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
