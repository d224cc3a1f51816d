import { statSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { BuildFailure, Loader, Metafile, Plugin } from 'esbuild';
import { UserError } from '../error.js';
import { digestBytes } from '../files/digest.js';
import { kindOfFile, readRegularFile } from '../files/regular-file.js';
import { buildFolder } from '../paths.js';
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
  // Names of local variables stay: esbuild chooses short ones by how often letters occur, in types too.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node20',
  // Not the user's own: settings for an editor must not change fingerprints.
  tsconfigRaw: '{}',
  logLevel: 'silent',
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
    const result = await esbuild
      .build({
        ...settings,
        absWorkingDir: folder,
        entryPoints: ['entry'],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        packages: 'external',
        plugins: [
          entryPlugin(entry),
          regularPlugin(base),
          ...(boundary === undefined ? [] : [boundaryPlugin(boundary)]),
        ],
      })
      .catch((error: unknown) => {
        if (isGone(error) || isMissing(error)) throw error;
        throw new UserError('E_STAGE_CODE', failureText(error as BuildFailure, folder, base), undefined, {
          cause: error,
        });
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

const load = createRequire(import.meta.url);
/** How often esbuild's process is started again. */
const mostStarts = 3;
/** Starts of esbuild's process in this one. */
let starts = 0;

/**
 * Has esbuild do something. Its process, which lives as long as this one, may be ended from outside: a Ctrl-C, or the end
 * of a terminal, reaches it as well, and this one may have to finish something yet. Then it is started again.
 *
 * @throws UserError if that does not help, or if there is none for this machine
 */
async function withEsbuild<T>(use: (esbuild: typeof import('esbuild')) => Promise<T>): Promise<T> {
  const esbuild = load(join(buildFolder, 'vendor/esbuild/lib/main.js')) as typeof import('esbuild');
  for (let attempt = 1; ; attempt++) {
    const start = starts;
    try {
      return await use(esbuild);
    } catch (error) {
      if (isMissing(error)) throw missingError(esbuild.version, error);
      if (!isGone(error)) throw error;
      if (attempt === mostStarts)
        throw new UserError(
          'E_STAGE_CODE',
          `esbuild, which reads stages, can't be kept running: ${(error as Error).message}`,
          undefined,
          { cause: error },
        );
      // Others may have met the same, and started it since.
      if (start === starts) {
        starts++;
        await esbuild.stop();
      }
    }
  }
}

/** esbuild's compiler is a package for each kind of machine, which an installation may have left out. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /needed by esbuild|^Unsupported platform/.test(error.message);
}

function missingError(version: string, cause: unknown): UserError {
  const name = `@esbuild/${process.platform}-${process.arch}`;
  const hint = `Install it with: npm install ${name}@${version}`;
  return new UserError(
    'E_PACKAGE',
    `Stages in files of your own need the package ${name}, which is not installed.`,
    hint,
    {
      cause,
    },
  );
}

function isGone(error: unknown): boolean {
  return error instanceof Error && /^The service (was stopped|is no longer running)/.test(error.message);
}

/** Names the entry where nothing in its path means anything: to esbuild, a star in an entry point stands for many files. */
function entryPlugin(entry: string): Plugin {
  return {
    name: 'entry',
    setup(build) {
      build.onResolve({ filter: /^entry$/ }, ({ kind }) => (kind === 'entry-point' ? { path: entry } : undefined));
    },
  };
}

/** Lets esbuild read files only: it waits for a pipe for ever, and takes all memory for a device. */
function regularPlugin(base: string): Plugin {
  return {
    name: 'regular',
    setup(build) {
      build.onLoad({ filter: /./ }, ({ path }) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        if (stats === undefined || stats.isFile()) return undefined;
        return { errors: [{ text: `${shownFrom(base, path)} can't be read: it is ${kindOfFile(stats)}.` }] };
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

function failureText(failure: BuildFailure, folder: string, base: string): string {
  const [first] = failure.errors ?? [];
  if (first === undefined) return String((failure as Error).message);
  const { location, text } = first;
  if (location === null) return text;
  return `${shownFrom(base, resolve(folder, location.file))}:${location.line}:${location.column + 1}: ${text}`;
}

function shownFrom(base: string, path: string): string {
  const file = toPosix(relative(base, path));
  return file.startsWith('.') ? file : `./${file}`;
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toPosix(path: string): string {
  return path.split(sep).join('/');
}
