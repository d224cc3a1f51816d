import { builtinModules } from 'node:module';
import { dirname, extname, relative, resolve } from 'node:path';
import type { Loader, Metafile, Plugin } from 'esbuild';
import { digestBytes } from '../files/digest.js';
import { readRegularFile } from '../files/regular-file.js';
import { buildFile, common, toPosix, withEsbuild } from './esbuild.js';
import { packageVersion } from './packages.js';

/** The code that a stage consists of, as far as it can change a result. */
export interface Bundle {
  /** All of it in one text, minified: without comments, types, white space and unused declarations. */
  readonly code: string;
  /** Digest of each source file, minified by itself: they tell which one changed. Paths are relative to `base`. */
  readonly files: Readonly<Record<string, string>>;
  /** Versions of the packages it imports. */
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
 * Bundles a file with everything it imports by relative path, literal dynamic imports included. What it reads while it
 * runs is not part of it.
 *
 * @param base what paths are relative to
 * @param boundary says which modules stay out, by their resolved path
 * @throws UserError naming file, line and column
 */
export async function bundle(entry: string, base: string, boundary?: Boundary): Promise<Bundle> {
  const folder = dirname(entry);
  return withEsbuild(async (esbuild) => {
    const result = await buildFile(esbuild, entry, base, {
      ...settings,
      packages: 'external',
      plugins: [withoutCost(entry), ...(boundary === undefined ? [] : [boundaryPlugin(boundary)])],
    });
    const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(folder, path));
    const files = await Promise.all(
      inputs.map(async (path) => [toPosix(relative(base, path)), await fileDigest(path, esbuild.transform)] as const),
    );
    return {
      code: result.outputFiles[0]!.text,
      files: sorted(files),
      packages: packageVersions(result.metafile, folder),
    };
  });
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

function packageVersions(metafile: Metafile, folder: string): Readonly<Record<string, string>> {
  const importers = new Map<string, string>();
  for (const [file, input] of Object.entries(metafile.inputs))
    for (const { path, external } of input.imports)
      if (external === true && isPackage(path)) importers.set(packageName(path), dirname(resolve(folder, file)));
  return sorted([...importers].map(([name, importer]) => [name, packageVersion(name, importer)] as const));
}

function isPackage(path: string): boolean {
  return (
    !/^(node|engine|file|data|https?):/.test(path) &&
    !builtinModules.includes(path) &&
    !withoutInfluence.has(packageName(path))
  );
}

/** `@scope/name/sub/path` → `@scope/name` */
function packageName(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
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
