// Which of V8's flags the kernels are compiled with. They make code up to 3× as fast from the first step on, and are no
// more than that: V8 promises nothing of them. One version ends the process with flags that the one before did well
// with, another does not know them. So they are tried in a process of their own first, once for each version of Node.

import { setFlagsFromString } from 'node:v8';
import { UserError } from '../../../error.js';
import type { Finding, Flags } from './trial.js';
import { type Outcome, tryFlags } from './trial.js';
import { readVerdict, rememberVerdict, verdictName } from './verdict.js';

/** The optimising compiler from the start, not the baseline compiler first. */
const optimised: Flags = ['--no-liftoff', '--no-wasm-lazy-compilation'];
/** From version 14 on (Node 25), V8 ends the process where it inlines calls that the baseline compiler has not counted. */
const withoutInlining: Flags = [...optimised, '--no-wasm-inlining'];

/** Sets of flags to try, the likeliest to work first; each turns off what is on by default. The last one is none. */
export function flagSets(v8: string = process.versions.v8): readonly Flags[] {
  return Number.parseInt(v8, 10) >= 14 ? [withoutInlining, optimised, []] : [optimised, []];
}

/**
 * Tries sets of flags until one works; after a trial that says nothing, only whether the engine works without any.
 * @throws {UserError} E_ENGINE where it does not even work without
 */
export async function findFlags(
  sets: readonly Flags[] = flagSets(),
  attempt: (flags: Flags) => Promise<Outcome> = tryFlags,
): Promise<Finding> {
  const rejected: { flags: Flags; why: string }[] = [];
  let certain = true;
  for (const flags of sets) {
    if (!certain && flags.length > 0) continue;
    const outcome = await attempt(flags);
    if (outcome.result === 'works') return { flags, rejected, certain };
    rejected.push({ flags, why: outcome.why });
    certain &&= outcome.result === 'fails';
    if (outcome.result === 'unclear' && flags.length === 0) return { flags, rejected, certain };
  }
  throw new UserError(
    'E_ENGINE',
    `The engine does not work with Node ${process.version} on this machine: a process that tried it ${rejected.at(-1)!.why}.`,
    'Another version of Node may work: 20, 22, 24 and 26 are tested.',
  );
}

/**
 * Tries anew, and keeps what comes out for the processes to come.
 * @param kernels what is to be compiled
 * @throws {UserError} as {@link findFlags}
 */
export async function examineFlags(kernels: Uint8Array): Promise<Finding> {
  const finding = await findFlags();
  await rememberVerdict(verdictName(kernels), finding);
  return finding;
}

let chosen: Promise<Flags> | undefined;

/**
 * Compiles kernels with the flags that were found to work.
 * @throws {UserError} E_ENGINE where nothing works
 */
export async function compile(kernels: Uint8Array): Promise<WebAssembly.Module> {
  chosen ??= chooseFlags(kernels);
  return compileWith(await chosen, kernels);
}

/** Makes V8 compile kernels with these flags instead, untried. */
export function useFlags(flags: Flags): void {
  chosen = Promise.resolve(flags);
}

/**
 * The flags hold for this module only. V8 14 ends the process by SIGSEGV where another module that it has compiled
 * before, as of a parser, is instantiated while inlining is off: its code counts calls where nothing counts them.
 */
function compileWith(flags: Flags, kernels: Uint8Array): WebAssembly.Module {
  for (const flag of flags) setFlagsFromString(flag);
  try {
    // At once: nothing else may run meanwhile, and Node 24 does not stay alive for a compilation in the background.
    return new WebAssembly.Module(kernels);
  } finally {
    for (const flag of flags) setFlagsFromString(flag.replace(/^--no-/, '--'));
  }
}

async function chooseFlags(kernels: Uint8Array): Promise<Flags> {
  return readVerdict(verdictName(kernels), flagSets()) ?? (await examineFlags(kernels)).flags;
}
