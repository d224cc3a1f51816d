import { existsSync, realpathSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import type { Loader, Metafile, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { digestBytes } from '../files/digest.js';
import { isBelow, toPosix } from '../files/path.js';
import { readRegularFile } from '../files/regular-file.js';
import { asNodeResolves, buildFile, common, failedFiles, packagesPlugin, runByNode, withEsbuild } from './esbuild.js';
import { installedPackage, linkedFolder, type PackageImport, packageImport, packageVersions } from './packages.js';

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
 * bundle such a package as Node runs it, all of its files count. What is read while it runs is not part of it.
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
      const { misled, ...made } = await bundleWith(packages, entry, base, boundary);
      if (!leaveWhole(misled)) return made;
    } catch (error) {
      if (!leaveWhole(failedFiles(error, entry))) throw error;
    }
  }
}

interface Made extends Bundle {
  /** Files that Node may run with others than those in the bundle. */
  readonly misled: readonly string[];
}

function bundleWith(packages: Packages, entry: string, base: string, boundary?: Boundary): Promise<Made> {
  const folder = dirname(entry);
  return withEsbuild(async (esbuild) => {
    const result = await buildFile(esbuild, entry, base, {
      ...settings,
      ...asNodeResolves,
      // Of a package that is a link: its bytes count.
      loader: { '.node': 'binary' },
      plugins: [
        withoutCost(entry),
        ...(boundary === undefined ? [] : [boundaryPlugin(boundary)]),
        packagesPlugin((file, args) => placed(packages, file, args)),
      ],
    });
    const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(folder, path));
    const files = await Promise.all(
      inputs.map(async (path) => [toPosix(relative(base, path)), await fileDigest(path, esbuild.transform)] as const),
    );
    return {
      code: result.outputFiles[0]!.text,
      files: sorted(files),
      packages: packageVersions(packages.imports, packages.whole, packages.here),
      misled: misledFiles(result.metafile).map((path) => resolve(folder, path)),
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
  /** Those of them that can't be bundled, and stay out. */
  readonly whole: ReadonlySet<string>;
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

async function fileDigest(path: string, transform: typeof import('esbuild').transform): Promise<string> {
  const source = readRegularFile(path);
  const loader = loaders[extname(path)];
  if (loader === undefined) return digestBytes(source);
  return digestBytes((await transform(source, { ...settings, loader })).code);
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
