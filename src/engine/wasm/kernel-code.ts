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
  if (module === undefined) return openLibrary(library!, memory);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const wasm = exports as unknown as KernelFunctions;
  if (library === undefined) return wasm;
  const pages = memory.buffer.byteLength / 65536;
  const twin = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return compareKernels(wasm, openLibrary(library, twin), memory, twin, scratch);
}
