// Compiling the kernels for this processor. What comes of it is kept in the user's cache folder, under a name that changes
// with all that it depends on, and is used only after a process of its own has compared each kernel with WebAssembly's.
import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { machineFolder } from '../../../data/locations.js';
import { temporaryPath, writeAtomically } from '../../../files/atomic.js';
import { digestBytes, digestJson, hexOf } from '../../../files/digest.js';
import { makeFolder } from '../../../files/make-folder.js';
import { readRegularFile } from '../../../files/regular-file.js';
import { buildFolder } from '../../../paths.js';
import { type Outcome, tryProgram } from '../compiler/trial.js';
import { type Compiler, findCompiler } from './compiler.js';
import { type Level, levelsHere } from './level.js';

/** The kernels' sources, and what they need of Node's. */
const sources = join(buildFolder, 'native');
const entry = 'all.c';
/** Of a compiler, and of a comparison, on a machine that has much else to do. */
const longestSeconds = 600;

/**
 * No sum in another order, no product added without being rounded: bits are those of WebAssembly. Nobody asks whether something was
 * not a number or not exact on the way: as if one could, GCC would not make vectors of what is decided by comparing.
 */
const flags = [
  '-std=gnu11',
  '-O3',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  '-w',
];
const platformFlags: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['-undefined', 'dynamic_lookup'],
};

/** What can be compiled on this machine, and where it is to be found then. */
export interface Target {
  readonly compiler: Compiler;
  readonly level: Level;
  /** The library, which need not be there. */
  readonly file: string;
  /** What is known of it. */
  readonly verdict: string;
}

/** What a trial has shown of a library, for good. */
export type Verdict = { readonly usable: true } | { readonly usable: false; readonly why: string };

/** Of this user alone: what lies there is run, and a cache of data may be shared with others. */
const folder = () => machineFolder(`native-${process.getuid?.() ?? 'own'}`);

/** Why there is no place for libraries; makes it, if it can. */
export function placeTrouble(): string | undefined {
  try {
    makeFolder(folder());
    chmodSync(folder(), 0o700);
    accessSync(folder(), constants.W_OK);
    return undefined;
  } catch (error) {
    return `there is no place for them: ${(error as Error).message}`;
  }
}

/**
 * What this machine can have, by its best level, or why it can't. Matrices want more than a processor: where they were tried in
 * vain, it is the level without.
 * @param anew as if nothing had been tried
 */
export function findTarget(anew = false): Target | { readonly missing: string } {
  if (process.platform === 'win32') return { missing: 'not on Windows' };
  const [level, below] = [...levelsHere()].reverse();
  if (level === undefined) return { missing: `not for this processor (${process.arch})` };
  const compiler = findCompiler();
  if ('missing' in compiler) return compiler;
  const target = targetOf(compiler, level);
  const inVain = level.matrices && !anew && readVerdict(target)?.usable === false;
  return inVain && below !== undefined ? targetOf(compiler, below) : target;
}

/** The library of a compiler and a level. */
export function targetOf(compiler: Compiler, level: Level): Target {
  const files = readdirSync(sources).sort();
  const contents = files.map((name) => [name, digestBytes(readFileSync(join(sources, name)))]);
  const { arch, platform } = process;
  const all = {
    contents,
    compiler: compiler.stamp,
    flags: [flags, platformFlags[platform] ?? [], level.flags],
    arch,
    platform,
  };
  const name = join(folder(), `${level.name}-${hexOf(digestJson(all)).slice(0, 16)}`);
  return { compiler, level, file: `${name}.node`, verdict: `${name}.json` };
}

/** What is known of a target; undefined before it was tried. */
export function readVerdict({ verdict }: Target): Verdict | undefined {
  try {
    const known = JSON.parse(readRegularFile(verdict).toString()) as Verdict;
    return known.usable || typeof known.why === 'string' ? known : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compiles a target and tries it. Several processes may: each makes its own, and the last one's is kept.
 * @param probe the program that compares its kernels, and prints the name of the level where they are alike
 */
export async function build(target: Target, probe = join(buildFolder, 'native-probe.js')): Promise<Verdict> {
  const trouble = placeTrouble();
  if (trouble !== undefined) return { usable: false, why: trouble };
  const draft = `${temporaryPath(folder())}.node`;
  try {
    const outcome = await compileAndTry(target, draft, probe);
    const verdict: Verdict = outcome.result === 'works' ? { usable: true } : { usable: false, why: outcome.why };
    if (outcome.result === 'unclear') return verdict;
    if (verdict.usable) {
      chmodSync(draft, 0o700);
      renameSync(draft, target.file);
    }
    await writeAtomically(target.verdict, [`${JSON.stringify(verdict, null, 2)}\n`], folder());
    return verdict;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The same, and for the level without matrices where these turn out not to be had. @returns what can be used, if any can */
export async function buildBest(target: Target): Promise<{ readonly target: Target; readonly verdict: Verdict }> {
  const verdict = await build(target);
  const next = findTarget();
  if ('missing' in next || next.file === target.file) return { target, verdict };
  return { target: next, verdict: await build(next) };
}

/** Why a library may be somebody else's work. */
export function doubt(file: string): string | undefined {
  for (const path of [dirname(file), file]) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return `${path} is gone`;
    if (stat.isSymbolicLink()) return `${path} is a link`;
    if (stat.uid !== process.getuid?.()) return `${path} belongs to another user`;
    if ((stat.mode & 0o022) !== 0) return `others may write to ${path}`;
  }
  return undefined;
}

async function compileAndTry({ compiler, level }: Target, draft: string, probe: string): Promise<Outcome> {
  const compiled = await compile(compiler, level, draft);
  if (compiled.result !== 'works') return compiled;
  return tryProgram(probe, [draft, level.name], level.name, longestSeconds);
}

function compile({ words }: Compiler, level: Level, output: string): Promise<Outcome> {
  const [program, ...first] = words;
  const own = [...flags, ...(platformFlags[process.platform] ?? []), ...level.flags, `-DWIDTH=${level.width}`];
  const settings = { cwd: sources, timeout: longestSeconds * 1000, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(program!, [...first, ...own, entry, '-o', output], settings, (error, _, stderr) => {
      if (error === null) return resolve({ result: 'works' });
      const line = /.*\berror\b.*/i.exec(stderr)?.[0].trim();
      // A compiler that was killed, or found the disk full, may do better another time.
      const unclear = typeof error.code === 'string' || error.signal != null || /no space|memory/i.test(stderr);
      return resolve({ result: unclear ? 'unclear' : 'fails', why: `${program} failed: ${line ?? error.message}` });
    });
  });
}
