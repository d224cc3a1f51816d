import { existsSync, realpathSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import type { Loader, Metafile, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { digestBytes, digestFile } from '../files/digest.js';
import { isBelow, toPosix } from '../files/path.js';
import { readRegularFile } from '../files/regular-file.js';
import { packageRoot } from '../paths.js';
import { asNodeResolves, buildFile, common, failedFiles, packagesPlugin, runByNode, withEsbuild } from './esbuild.js';
import { namedFiles, namedPackages } from './named.js';
import {
  installedPackage,
  isInstalled,
  linkedFolder,
  type PackageImport,
  packageImport,
  packageVersions,
} from './packages.js';

/** The code that a stage consists of, as far as it can change a result. */
export interface Bundle {
  /** All of it in one text, minified: without comments, types, white space and unused declarations. */
  readonly code: string;
  /** Digest of each source file, minified by itself: they tell which one changed. Paths are relative to `base`. */
  readonly files: Readonly<Record<string, string>>;
  /** Versions of the packages it imports, and of those that they depend on. */
  readonly packages: Readonly<Record<string, string>>;
}

/** What stands in the bundle for a module that stays out of it; undefined for those that go in. */
export type Boundary = (path: string) => `engine:${string}` | undefined;

const settings = {
  ...common,
  // Names of local variables stay: esbuild chooses short ones by how often letters occur, in types too.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Not the user's own: settings for an editor must not change fingerprints.
  tsconfigRaw: '{}',
} as const;

/** Schemas are made with it; what they say enters keys as parameters, with defaults applied. */
const withoutInfluence = new Set(['@sinclair/typebox']);

/**
 * Bundles a file with everything it imports from the project, literal dynamic imports included: by relative path, by
 * `imports` and the name of a package.json, and from packages that are links, as those of a workspace. Where esbuild can't
 * bundle such a package as Node runs it, all of its files count. Files and packages that it names in other ways count, too
 * (see named.ts). What it reads by a name that is made while it runs is not part of it.
 *
 * @param base what paths are relative to
 * @param boundary says which modules stay out, by their resolved path
 * @throws UserError naming file, line and column
 */
export async function bundle(entry: string, base: string, boundary?: Boundary): Promise<Bundle> {
  const whole = new Set<string>();
  // Its own package can be mended, and is never taken as a whole: results may lie in it.
  const here = existsSync(entry) ? realpathSync(entry) : entry;
  for (;;) {
    const packages: Packages = { here, imports: [], linked: new Set(), whole };
    const leaveWhole = (files: readonly string[]) => {
      const more = [...packages.linked].filter(
        (folder) => !whole.has(folder) && !isBelow(folder, here) && files.some((file) => isBelow(folder, file)),
      );
      for (const folder of more) whole.add(folder);
      return more.length > 0;
    };
    try {
      const parts = await bundleWithNamed({ packages, base, boundary }, entry);
      if (leaveWhole(parts.flatMap(({ misled }) => misled))) continue;
      return {
        code: parts.map(({ code }) => code).join('\n'),
        files: sorted(parts.flatMap(({ files }) => files)),
        packages: packageVersions(packages.imports, whole, here),
      };
    } catch (error) {
      if (!leaveWhole(failedFiles(error))) throw error;
    }
  }
}

/** What all parts of a bundle have in common. */
interface Whole {
  readonly packages: Packages;
  readonly base: string;
  readonly boundary: Boundary | undefined;
}

/** A file with all that it imports. */
interface Part {
  readonly code: string;
  /** Name and digest. */
  readonly files: readonly (readonly [string, string])[];
  /** Files that Node may run with others than those in the bundle. */
  readonly misled: readonly string[];
  /** Files that it names beside its imports. */
  readonly named: readonly string[];
}

/** Bundles a file and those that it names, each by itself, as they run by themselves. */
async function bundleWithNamed(of: Whole, entry: string): Promise<readonly Part[]> {
  const parts = [await bundlePart(of, entry, [withoutCost(entry)])];
  const seen = new Set([entry]);
  // More come as it goes through them.
  for (const { named } of parts)
    for (const path of named) {
      if (seen.has(path)) continue;
      seen.add(path);
      const installed = installedPackage(path, dirname(path));
      if (installed === undefined) parts.push(await bundleNamed(of, path));
      else of.packages.imports.push(installed);
    }
  return parts;
}

async function bundleNamed(of: Whole, path: string): Promise<Part> {
  if (loaders[extname(path)] !== undefined)
    try {
      return await bundlePart(of, path);
    } catch (error) {
      // It may be no code for Node, or none that a bundle can hold.
      if (!failedFiles(error).includes(path)) throw error;
    }
  const name = toPosix(relative(of.base, path));
  const { digest } = await digestFile(path);
  return { code: `${name} ${digest}`, files: [[name, digest]], misled: [], named: [] };
}

function bundlePart(
  { packages, base, boundary }: Whole,
  entry: string,
  plugins: readonly Plugin[] = [],
): Promise<Part> {
  const folder = dirname(entry);
  return withEsbuild(async (esbuild) => {
    const { metafile, outputFiles } = await buildFile(esbuild, entry, base, {
      ...settings,
      ...asNodeResolves,
      // Of a package that is a link: its bytes count.
      loader: { '.node': 'binary' },
      plugins: [
        ...plugins,
        ...(boundary === undefined ? [] : [boundaryPlugin(boundary)]),
        packagesPlugin((file, args) => placed(packages, file, args)),
      ],
    });
    const inputs = Object.entries(metafile.inputs).map(async ([input, { imports }]) => {
      const path = resolve(folder, input);
      const { digest, code } = await minified(path, esbuild.transform);
      const imported = new Set(imports.map(({ path, original = path }) => original));
      // Engines tell of the libraries that they find where they are used.
      const loaded = base === packageRoot ? [] : namedPackages(code, imported);
      for (const name of loaded) notePackage(packages, name, dirname(path));
      return { file: [toPosix(relative(base, path)), digest] as const, named: namedFiles(code, path, imported) };
    });
    const read = await Promise.all(inputs);
    return {
      code: outputFiles[0]!.text,
      files: read.map(({ file }) => file),
      misled: misledFiles(metafile).map((path) => resolve(folder, path)),
      named: read.flatMap(({ named }) => named).sort(),
    };
  });
}

/** Scripts with TypeScript behind an import: of `./a`, esbuild takes a.ts and Node the a.js that was compiled beside it. */
function misledFiles({ inputs }: Metafile): readonly string[] {
  const isMisled = ({ path, original }: { readonly path: string; readonly original?: string }) =>
    original?.startsWith('.') === true && /\.[cm]?tsx?$/.test(path);
  return Object.keys(inputs).filter((path) => runByNode.test(path) && inputs[path]!.imports.some(isMisled));
}

/** Does not export what a stage says of its time: it is then unused, and left out; no other name may give way to its own. */
function withoutCost(entry: string): Plugin {
  return {
    name: 'without-cost',
    setup(build) {
      const loader = loaders[extname(entry)];
      if (loader === undefined) return;
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        if (path !== entry) return undefined;
        const text = readRegularFile(path).toString();
        const plain = text.replace(/^export const cost\b/m, 'const __spikelineCost');
        return plain === text ? undefined : { contents: plain, loader };
      });
    },
  };
}

function boundaryPlugin(boundary: Boundary): Plugin {
  return {
    name: 'boundary',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const name = boundary(resolve(resolveDir, path));
        return name === undefined ? undefined : { path: name, external: true };
      });
    },
  };
}

/** What is found out about packages. */
interface Packages {
  /** The entry, links resolved. */
  readonly here: string;
  /** Installed ones, which stay out of the bundle, and those of the project that are links. */
  readonly imports: PackageImport[];
  /** Folders of those that are links. */
  readonly linked: Set<string>;
  /** Those of them that can't be bundled, or are loaded by their names: they stay out. */
  readonly whole: Set<string>;
}

/** Says what becomes of an import that leads to a file, and notes the package that it is from. */
function placed(
  { imports, linked, whole }: Packages,
  file: string | undefined,
  { path, resolveDir }: OnResolveArgs,
): OnResolveResult {
  const outside = { path, external: true };
  const from = packageImport(file, path, resolveDir);
  if (from !== undefined && withoutInfluence.has(from.name)) return outside;
  if (file === undefined || from?.name === 'spikeline' || installedPackage(file, resolveDir) !== undefined) {
    if (from !== undefined) imports.push(from);
    return outside;
  }
  const folder = from === undefined ? undefined : linkedFolder(from);
  if (from === undefined || folder === undefined) return { path: file };
  imports.push(from);
  linked.add(folder);
  return whole.has(folder) && runByNode.test(file) ? outside : { path: file };
}

/** Notes a package that a file may load by its name; of one that is a link all files count, as it is in no bundle. */
function notePackage({ here, imports, whole }: Packages, path: string, resolveDir: string): void {
  const from = packageImport(undefined, path, resolveDir);
  if (from === undefined || !isInstalled(from)) return;
  imports.push(from);
  const folder = linkedFolder(from);
  if (folder !== undefined && !isBelow(folder, here)) whole.add(folder);
}

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
};

/** A file's code without what changes no result, and its digest; of other files only that of their bytes. */
async function minified(
  path: string,
  transform: typeof import('esbuild').transform,
): Promise<{ readonly digest: string; readonly code: string }> {
  const source = readRegularFile(path);
  const loader = loaders[extname(path)];
  if (loader === undefined) return { digest: digestBytes(source), code: '' };
  const { code } = await transform(source, { ...settings, loader });
  return { digest: digestBytes(code), code };
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
