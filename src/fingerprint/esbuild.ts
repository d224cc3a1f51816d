// How the code of stages is read by esbuild: what it is bundled for is up to those who have it done.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Plugin } from 'esbuild';
import { UserError } from '../error.js';
import { kindOfFile } from '../files/regular-file.js';
import { buildFolder } from '../paths.js';

export type Esbuild = typeof import('esbuild');

export const common = { platform: 'node', target: 'node20', logLevel: 'silent' } as const satisfies BuildOptions;

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
  const plugins = [entryPlugin(entry), regularPlugin(base), ...(options.plugins ?? [])];
  try {
    return await esbuild.build({ ...options, ...fixed, absWorkingDir: folder, entryPoints: ['entry'], plugins });
  } catch (error) {
    if (isGone(error) || isMissing(error)) throw error;
    const text = failureText(error as BuildFailure, folder, base);
    throw new UserError('E_STAGE_CODE', text, undefined, { cause: error });
  }
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
export async function withEsbuild<T>(use: (esbuild: Esbuild) => Promise<T>): Promise<T> {
  const esbuild = load(join(buildFolder, 'vendor/esbuild/lib/main.js')) as Esbuild;
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

export function toPosix(path: string): string {
  return path.split(sep).join('/');
}
