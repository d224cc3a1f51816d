// The kernels as the processor's own code: a module of Node's, loaded as it was compiled.
import type { KernelFunctions } from '../kernel-functions.js';

interface Library {
  /** Kernels on a memory, all of it. */
  open(memory: Uint8Array): KernelFunctions;
  /** True if they multiply matrices in this process: they were compiled to, and the system grants it. */
  readonly matrices: boolean;
}

/** @throws what the system says where it can't be loaded */
export function loadLibrary(file: string): Library {
  const module = { exports: {} as Library };
  process.dlopen(module, file);
  return module.exports;
}

/**
 * The kernels of one thread, on a memory that it may share with others.
 * @param file as `build` of build.ts has made it
 * @throws what the system says where it can't be loaded
 */
export function openLibrary(file: string, memory: WebAssembly.Memory): KernelFunctions {
  return loadLibrary(file).open(new Uint8Array(memory.buffer));
}
