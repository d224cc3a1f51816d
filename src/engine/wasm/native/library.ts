// The kernels as the processor's own code: a module of Node's, loaded as it was compiled.
import type { KernelFunctions } from '../kernel-functions.js';

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Library {
  /** Kernels on a memory, all of it. */
  open(memory: Uint8Array): KernelFunctions;
  /** Asks for large pages for these bytes, which begin and end with a page. */
  useLargePages(part: Uint8Array): void;
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

/**
 * Asks for large pages for parts of a memory: a network's buffers are many megabytes, and kernels read several at once; with pages of
 * 4 KiB the processor looks up where they lie again and again. What is seldom written should have small ones: a large one is there as a
 * whole as soon as a byte of it is. Only a wish: the system may have none.
 * @throws what the system says where the library can't be loaded
 */
export function useLargePages(file: string, { buffer }: WebAssembly.Memory, parts: readonly Range[]): void {
  const library = loadLibrary(file);
  for (const { start, end } of parts) library.useLargePages(new Uint8Array(buffer, start, end - start));
}
