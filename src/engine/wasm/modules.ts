// The kernels' modules, while some are in AssemblyScript and others are in C.
import type { KernelFunctions, Scratch } from './kernel-functions.js';
import { compareKernels } from './native/comparison.js';
import { openLibrary } from './native/library.js';
import type { Address } from './units.js';

export const kernelFiles = ['kernels.wasm', 'kernels-c.wasm'] as const;

/** What kernels are made from: WebAssembly, and a library of this processor's own code. */
export interface KernelCode {
  readonly modules: readonly WebAssembly.Module[];
  readonly library?: string;
  /** Has each call computed by both, and compared. */
  readonly comparing?: boolean;
}

/** One thread's own kernels on the shared memory. */
export function openKernels(
  { modules, library, comparing = false }: KernelCode,
  memory: WebAssembly.Memory,
  scratch: Scratch,
): KernelFunctions {
  const kernels = instantiate(modules, memory, scratch.start);
  if (library === undefined) return kernels;
  const native = openLibrary(library, memory);
  return { ...kernels, ...(comparing ? compareKernels(kernels, native, memory, scratch) : native) };
}

function instantiate(
  [assemblyScript, c]: readonly WebAssembly.Module[],
  memory: WebAssembly.Memory,
  scratch: Address,
): KernelFunctions {
  const abort = () => {
    throw new Error('kernel aborted');
  };
  const old = new WebAssembly.Instance(assemblyScript!, { env: { memory, abort } }).exports;
  (old.setScratch as (address: Address) => void)(scratch);
  const wrapped = Object.entries(old).map(([name, run]) => [
    name,
    (descriptor: Address, _: Address, lo: number, hi: number) =>
      (run as (descriptor: Address, lo: number, hi: number) => void)(descriptor, lo, hi),
  ]);
  const kernels = new WebAssembly.Instance(c!, { env: { memory } }).exports;
  return { ...Object.fromEntries(wrapped), ...kernels } as unknown as KernelFunctions;
}
