// Loads the built command line: one script, and a few files that it asks for, for which V8 keeps in files what it has
// compiled of them. To compile that anew would take a tenth of a short run.
import { isAscii } from 'node:buffer';
import { hash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

export interface Program {
  readonly main: (argv: readonly string[]) => Promise<number>;
  /** Writes what has been compiled of scripts that had no compiled code. Without right or room to do so it writes nothing. */
  readonly keep: () => void;
}

/** What the build makes of main.ts: a function, because a script has no modules of its own. */
type Wrapper = (
  module: { exports: unknown },
  require: NodeJS.Require,
  importModule: (url: string) => Promise<unknown>,
  requireModule: (file: string) => unknown,
  moduleUrl: string,
) => void;

/** A CommonJS file, as Node wraps them. */
type CommonJs = (module: { exports: unknown }, exports: unknown, require: NodeJS.Require) => void;

/**
 * A command lasts a second or so, and V8 would spend a fourth of that compiling each function once more into all that call it
 * (its default is 920 bytes of bytecode). All versions of Node up to the newest that this was tried on know this flag; others are
 * not asked, as V8 complains on standard error of flags that it does not know.
 */
const inlining = { flag: '--max-inlined-bytecode-size-cumulative=150', newest: 26 };

/** @param folder where the build has put the script */
export function loadProgram(folder: string): Program {
  // Before anything is loaded: what V8 has compiled under other flags it does not use.
  if (Number.parseInt(process.versions.node, 10) <= inlining.newest) setFlagsFromString(inlining.flag);
  const scripts = new Scripts();
  const file = join(folder, 'program.cjs');
  const requireModule = (path: string): unknown => {
    const module: { exports: unknown } = { exports: {} };
    const wrapper = scripts.load(path, (text) => `(function (module, exports, require) {${text}\n})`) as CommonJs;
    wrapper(module, module.exports, createRequire(path));
    return module.exports;
  };
  const module: { exports: unknown } = { exports: {} };
  const wrapper = scripts.load(file, (text) => text) as Wrapper;
  wrapper(module, createRequire(file), (url) => import(url), requireModule, pathToFileURL(file).href);
  const { main } = module.exports as Pick<Program, 'main'>;
  return { main, keep: () => scripts.keep() };
}

/** Scripts with what V8 has compiled of them, in files beside theirs. */
class Scripts {
  /** Those without compiled code that this version of Node could use, by where it belongs. */
  readonly #toKeep = new Map<string, Script>();

  /** Loads a script, and returns its value. */
  load(file: string, wrap: (text: string) => string): unknown {
    // Each version of Node on each kind of machine has its own; V8 refuses what it can't use.
    const cache = file.replace(/\.cjs$/, `-${process.version}-${process.arch}.cache`);
    const cachedData = read(cache);
    const text = wrap(readText(file));
    const script = new Script(text, { filename: file, ...(cachedData && { cachedData }) });
    if (cachedData === undefined || script.cachedDataRejected === true) this.#toKeep.set(cache, script);
    return script.runInThisContext();
  }

  keep(): void {
    for (const [cache, script] of this.#toKeep) write(cache, script.createCachedData());
  }
}

/** A script's text. Most are ASCII alone, which takes half as long to read as such, and half the memory. */
function readText(file: string): string {
  const bytes = readFileSync(file);
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
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
