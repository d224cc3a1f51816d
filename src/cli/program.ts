// Loads the built command line: one script, for which V8 keeps in a file what it has compiled of it. To compile that
// anew would take a tenth of a short run.
import { hash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

export interface Program {
  readonly main: (argv: readonly string[]) => Promise<number>;
  /** True if this version of Node found its compiled code. */
  readonly cached: boolean;
  /** Writes what has been compiled until now, for the next time. Without right or room to do so it writes nothing. */
  readonly keep: () => void;
}

/** What the build makes of main.ts: a function, because a script has no modules of its own. */
type Wrapper = (
  module: { exports: unknown },
  require: NodeJS.Require,
  importModule: (url: string) => Promise<unknown>,
  moduleUrl: string,
) => void;

/** @param folder where the build has put the script */
export function loadProgram(folder: string): Program {
  const file = join(folder, 'program.cjs');
  // Each version of Node on each kind of machine has its own; V8 refuses what it can't use.
  const cache = join(folder, `program-${process.version}-${process.arch}.cache`);
  const cachedData = read(cache);
  const script = new Script(readFileSync(file, 'utf8'), { filename: file, ...(cachedData && { cachedData }) });
  const module: { exports: unknown } = { exports: {} };
  const wrapper = script.runInThisContext() as Wrapper;
  wrapper(module, createRequire(file), (url) => import(url), pathToFileURL(file).href);
  const { main } = module.exports as Pick<Program, 'main'>;
  return {
    main,
    cached: cachedData !== undefined && script.cachedDataRejected !== true,
    keep: () => write(cache, script.createCachedData()),
  };
}

/** Compiled code, after its SHA-256: V8 does not look whether it is what it wrote. */
function read(file: string): Buffer | undefined {
  try {
    const whole = readFileSync(file);
    const data = whole.subarray(digestBytes);
    return digest(data).equals(whole.subarray(0, digestBytes)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, data: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, Buffer.concat([digest(data), data]));
    renameSync(unfinished, file);
  } catch {
    rmSync(unfinished, { force: true });
  }
}

const digestBytes = 32;
const digest = (data: Buffer): Buffer => hash('sha256', data, 'buffer');
