import type { KernelFunctions, Scratch } from './kernel-functions.js';
import { compareKernels } from './native/comparison.js';
import { openLibrary } from './native/library.js';

/** What kernels are made from: WebAssembly, or a library of this processor's own code. With both, each call is compared. */
export type KernelCode =
  | { readonly module: WebAssembly.Module; readonly library?: string }
  | { readonly module?: WebAssembly.Module; readonly library: string };

/** One thread's own kernels on the shared memory. */
export function openKernels(code: KernelCode, memory: WebAssembly.Memory, scratch: Scratch): KernelFunctions {
  const { module, library } = code;
  const native = library === undefined ? undefined : openLibrary(library, memory);
  if (module === undefined) return native!;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const wasm = exports as unknown as KernelFunctions;
  return native === undefined ? wasm : compareKernels(wasm, native, memory, scratch);
}
