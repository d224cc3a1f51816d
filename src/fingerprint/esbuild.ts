// How the code of stages is read by esbuild: what it is bundled for is up to those who have it done.
import { closeSync, openSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { devNull } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Message, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { UserError } from '../error.js';
import { systemError } from '../files/error.js';
import { toPosix } from '../files/path.js';
import { readText, type Unreadable } from '../files/read-text.js';
import { kindOfFile } from '../files/regular-file.js';
import { buildFolder } from '../paths.js';

export type Esbuild = typeof import('esbuild');

export const common = {
  platform: 'node',
  target: 'node20',
  logLevel: 'silent',
  // `sideEffects` of a package.json and `@__PURE__` are for bundlers: Node runs what they say can be left out.
  ignoreAnnotations: true,
} as const satisfies BuildOptions;

/** Finds of packages what Node finds of them: its conditions, beside those that esbuild adds by itself, and no field but `main`. */
export const asNodeResolves = {
  mainFields: ['main'],
  conditions: ['node-addons', 'module-sync'],
} satisfies BuildOptions;

const fixed = { bundle: true, write: false, metafile: true, format: 'esm' } as const satisfies BuildOptions;
type Fixed = typeof fixed;

/**
 * Bundles a file of the user's with all that it imports by relative path; nothing is written.
 *
 * @param base what paths in messages are relative to
 * @throws UserError naming file, line and column
 */
export async function buildFile(
  esbuild: Esbuild,
  entry: string,
  base: string,
  options: BuildOptions,
): Promise<BuildResult<Fixed>> {
  const folder = dirname(entry);
  const plugins = [entryPlugin(entry), textPlugin(base), ...(options.plugins ?? [])];
  try {
    return await esbuild.build({ ...options, ...fixed, absWorkingDir: folder, entryPoints: ['entry'], plugins });
  } catch (error) {
    if (isGone(error) || isMissing(error)) throw error;
    throw new CodeError(error as BuildFailure, folder, base);
  }
}

const load = createRequire(import.meta.url);
/** How often esbuild's process is started again. */
const mostStarts = 3;
/** Starts of esbuild's process in this one. */
let starts = 0;
/** True if it has done something since. */
let isRunning = false;

/**
 * Has esbuild do something. Its process, which lives as long as this one, may be ended from outside: a Ctrl-C, or the end
 * of a terminal, reaches it as well, and this one may have to finish something yet. Then it is started again.
 *
 * @throws UserError if that does not help, or if there is none for this machine
 */
export async function withEsbuild<T>(use: (esbuild: Esbuild) => Promise<T>): Promise<T> {
  const esbuild = load(join(buildFolder, 'vendor/esbuild/lib/main.js')) as Esbuild;
  for (let attempt = 1; ; attempt++) {
    const start = starts;
    try {
      if (!isRunning) checkOpenFiles();
      const made = await use(esbuild);
      isRunning = true;
      return made;
    } catch (error) {
      if (isMissing(error)) throw missingError(esbuild.version, error);
      if (!isGone(error)) throw error;
      isRunning = false;
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

/** How many files are open for a moment while a process is started that is written to and read. */
const openedByStart = 6;

/** @throws StoreError where esbuild's process could not be started: it tells nobody, and that would end this one */
function checkOpenFiles(): void {
  const open: number[] = [];
  try {
    while (open.length < openedByStart) open.push(openSync(devNull, 'r'));
  } catch (error) {
    throw systemError({ ...(error as Error), path: undefined }, 'esbuild, which reads stages') ?? error;
  } finally {
    for (const file of open) closeSync(file);
  }
}

/**
 * esbuild's compiler is a package for each kind of machine, which an installation may have left out. It is then looked for
 * in esbuild's own package, too, which is none here.
 */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    /needed by esbuild|^Unsupported platform|^Cannot find module 'esbuild'/.test(error.message)
  );
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

/** Files of packages that Node runs as they are. All others become a part of what is bundled. */
export const runByNode = /\.([cm]?js|node)$/;

const asked = Symbol('asked');

/**
 * Has `place` say what becomes of an import of a package, or of a name in `imports` of a package.json, given the file that
 * it leads to, links resolved; undefined where there is none. Modules of Node's and URLs stay as they are.
 */
export function packagesPlugin(place: (file: string | undefined, args: OnResolveArgs) => OnResolveResult): Plugin {
  return {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async (args) => {
        const { path, kind, importer, resolveDir, pluginData } = args;
        if (pluginData === asked || kind === 'entry-point') return undefined;
        if (isBuiltin(path) || /^[a-z][a-z+.-]+:/.test(path)) return { path, external: true };
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: asked });
        // Names in `imports` may stand for modules of Node's, too.
        if (found.external) return { path: found.path, external: true };
        return place(found.errors.length > 0 ? undefined : found.path, args);
      });
    },
  };
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

/** What an error of ours knows beside its text. */
interface Detail {
  readonly hint: string | undefined;
  /** The file that can't be read; esbuild says where it is imported. */
  readonly path: string;
}

/** What esbuild has a loader for. */
const texts = /\.([cm]?[jt]sx?|json|css|txt)$/;
/** In bytes. */
const longest = 2 ** 28;

/**
 * Lets esbuild read files only, which are in UTF-8: it waits for a pipe for ever, takes all memory for a device, and makes
 * the same character of all that it doesn't know.
 */
function textPlugin(base: string): Plugin {
  return {
    name: 'text',
    setup(build) {
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        const problem = problemOf(path);
        // Of what is not there, esbuild says where it is imported.
        if (problem === undefined || problem.isAbsent === true) return undefined;
        const text = `${shownFrom(base, path)} can't be read: ${problem.why}.`;
        return { errors: [{ text, detail: { hint: problem.hint, path } satisfies Detail }] };
      });
    },
  };
}

/** Why a file can't be read, if it can't. */
function problemOf(path: string): Unreadable | undefined {
  if (texts.test(path)) {
    const text = readText(path, longest);
    return typeof text === 'string' ? undefined : text;
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.isFile() ? undefined : { why: `it is ${kindOfFile(stats)}` };
}

function failureOf(failure: BuildFailure, folder: string, base: string): { text: string; hint?: string } {
  const [first] = failure.errors ?? [];
  if (first === undefined) return { text: String((failure as Error).message) };
  const { location, text } = first;
  const { hint: advice } = detailOf(first);
  const hint = advice === undefined ? {} : { hint: advice };
  if (location === null) return { text, ...hint };
  const place = `${shownFrom(base, resolve(folder, location.file))}:${location.line}:${location.column + 1}`;
  return { text: `${place}: ${text}`, ...hint };
}

function detailOf({ detail }: Message): Partial<Detail> {
  return (detail ?? {}) as Partial<Detail>;
}

/** Code that can't be bundled. */
class CodeError extends UserError {
  /** Absolute paths of the files that are at fault. */
  readonly files: readonly string[];

  constructor(failure: BuildFailure, folder: string, base: string) {
    const { text, hint } = failureOf(failure, folder, base);
    super('E_STAGE_CODE', text, hint, { cause: failure });
    const paths = (failure.errors ?? []).map((one) => detailOf(one).path ?? one.location?.file);
    this.files = paths.flatMap((path) => (path === undefined ? [] : [resolve(folder, path)]));
  }
}

/** Absolute paths of the files that `buildFile` failed at. */
export function failedFiles(error: unknown): readonly string[] {
  return error instanceof CodeError ? error.files : [];
}

function shownFrom(base: string, path: string): string {
  const file = toPosix(relative(base, path));
  return file.startsWith('.') ? file : `./${file}`;
}
