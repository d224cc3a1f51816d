import { isBuiltin } from 'node:module';
import { dirname, extname, relative, resolve } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import { digestBytes } from '../files/digest.js';
import { readRegularFile } from '../files/regular-file.js';
import { asNodeResolves, buildFile, common, toPosix, withEsbuild } from './esbuild.js';
import { isInstalled, type PackageImport, packageVersions } from './packages.js';

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
 * `imports` and the name of a package.json, and from packages that are links, as those of a workspace. What it reads while
 * it runs is not part of it.
 *
 * @param base what paths are relative to
 * @param boundary says which modules stay out, by their resolved path
 * @throws UserError naming file, line and column
 */
export async function bundle(entry: string, base: string, boundary?: Boundary): Promise<Bundle> {
  const folder = dirname(entry);
  return withEsbuild(async (esbuild) => {
    const packages: PackageImport[] = [];
    const result = await buildFile(esbuild, entry, base, {
      ...settings,
      ...asNodeResolves,
      // Of a package that is a link: its bytes count.
      loader: { '.node': 'binary' },
      plugins: [
        withoutCost(entry),
        ...(boundary === undefined ? [] : [boundaryPlugin(boundary)]),
        packagesPlugin(packages),
      ],
    });
    const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(folder, path));
    const files = await Promise.all(
      inputs.map(async (path) => [toPosix(relative(base, path)), await fileDigest(path, esbuild.transform)] as const),
    );
    return {
      code: result.outputFiles[0]!.text,
      files: sorted(files),
      packages: packageVersions(packages),
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

const asked = Symbol('asked');

/** Leaves out packages that are installed, and takes in what belongs to the project; `imports` gets both. */
function packagesPlugin(imports: PackageImport[]): Plugin {
  return {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === asked || kind === 'entry-point') return undefined;
        const outside = { path, external: true };
        if (isBuiltin(path) || /^[a-z][a-z+.-]+:/.test(path)) return outside;
        const name = packageName(path);
        if (withoutInfluence.has(name)) return outside;
        if (!name.startsWith('#')) imports.push({ name, folder: resolveDir });
        if (name === 'spikeline') return outside;
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: asked });
        if (found.errors.length > 0 || found.external || isInstalled(found.path)) return outside;
        const { path: file, namespace, sideEffects } = found;
        return { path: file, namespace, sideEffects };
      });
    },
  };
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
