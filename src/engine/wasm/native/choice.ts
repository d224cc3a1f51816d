// Which kernels a process computes with: WebAssembly's, or the processor's own where they were compiled and found to be the
// same. Bits are the same, so it is a matter of time alone, and nothing waits for a compiler.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { UserError } from '../../../error.js';
import { neutralFolder } from '../../../files/neutral-folder.js';
import { buildFolder } from '../../../paths.js';
import { buildBest, doubt, findTarget, placeTrouble, readVerdict } from './build.js';
import type { Level } from './level.js';
import { openLibrary } from './library.js';

const forms = ['wasm', 'native'] as const;
type Form = (typeof forms)[number];

/** What `SPIKELINE_KERNELS` asks for. */
function wanted(): Form | undefined {
  const { SPIKELINE_KERNELS: form } = process.env;
  if (!form) return undefined;
  const known = forms.find((name) => name === form);
  if (known === undefined) throw new UserError('E_ENGINE', `SPIKELINE_KERNELS is "${form}": it can be wasm or native.`);
  return known;
}

/** What a process computes with. */
export type NativeKernels = {
  /** True if each call is computed by both, and compared. */
  readonly comparing?: boolean;
} & (
  | {
      /** A file of native kernels. */
      readonly library: string;
      /** What these were compiled for. */
      readonly level: Level;
    }
  /** WebAssembly's. */
  | { readonly library?: undefined; readonly level?: undefined }
);

let chosen: Promise<NativeKernels> | undefined;

/**
 * The native kernels of this process, always the same ones: nothing where there are none.
 * @throws {UserError} E_ENGINE where some were asked for that can't be had
 */
export function chooseNative(): Promise<NativeKernels> {
  chosen ??= choose();
  return chosen;
}

/** Makes this process compute with these kernels instead. */
export function useNative(kernels: NativeKernels): void {
  chosen = Promise.resolve(kernels);
}

async function choose(): Promise<NativeKernels> {
  const form = wanted();
  if (form === 'wasm') return {};
  let target = findTarget();
  if ('missing' in target) {
    if (form === 'native') throw new UserError('E_ENGINE', `There are no native kernels: ${target.missing}.`);
    return {};
  }
  let verdict = readVerdict(target);
  if (verdict === undefined && form === 'native') ({ target, verdict } = await buildBest(target));
  if (verdict === undefined) buildMeanwhile();
  const trouble = verdict?.usable ? loadTrouble(target.file) : verdict?.why;
  if (verdict?.usable && trouble === undefined) return { library: target.file, level: target.level };
  if (form === 'native') throw new UserError('E_ENGINE', `The native kernels can't be used: ${trouble}.`);
  return {};
}

/** Why a library that was found to be right can't be used here, as where programs may not be started from its disk. */
function loadTrouble(file: string): string | undefined {
  const reason = doubt(file);
  if (reason !== undefined) return reason;
  try {
    openLibrary(file, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Starts a process that compiles them for later tasks. It outlives this one, and runs at low priority. */
function buildMeanwhile(): void {
  const settings = { detached: true, stdio: 'ignore', cwd: neutralFolder() } as const;
  // Where it can't be started, nothing is lost but time.
  spawn(process.execPath, [join(buildFolder, 'native-build.js')], settings)
    .on('error', () => undefined)
    .unref();
}

/** What there is of native kernels on this machine, as a clause. */
export function describeNative(): string {
  if (wanted() === 'wasm') return 'native kernels are turned off by SPIKELINE_KERNELS';
  const target = findTarget();
  if ('missing' in target) return `no native kernels: ${target.missing}`;
  const verdict = readVerdict(target);
  const compiler = target.compiler.words.join(' ');
  const trouble = verdict === undefined ? placeTrouble() : undefined;
  if (trouble !== undefined) return `no native kernels: ${trouble}`;
  if (verdict === undefined)
    return `native kernels are not compiled yet: the first run compiles them with ${compiler}, or doctor --build does`;
  return verdict.usable
    ? `native kernels for ${target.level.name} by ${compiler}`
    : `no native kernels: ${verdict.why}`;
}

/** Compiles and tries them now. @param anew true if that is done whatever is known of them */
export async function prepareNative(tell: (line: string) => void, anew: boolean): Promise<void> {
  const target = findTarget(anew);
  if ('missing' in target || wanted() === 'wasm') return;
  if (!anew && readVerdict(target) !== undefined) return;
  tell(
    `Compiling the kernels for ${target.level.name} with ${target.compiler.words.join(' ')}, and comparing them with WebAssembly’s …`,
  );
  await buildBest(target);
}
