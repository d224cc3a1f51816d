// Kernels that are two at once: each call is computed by both on the same memory, and the memory must be the same after it,
// to the last byte: what they write, what they leave alone, and what lies between buffers.
import type { Kernel } from '../descriptor.js';
import type { KernelFunction, KernelFunctions, Scratch } from '../kernel-functions.js';

/** Kernels that were compared in this process. */
export const comparedKernels = new Set<Kernel>();

/**
 * Kernels that compute by both. One thread at a time may use the memory.
 * @param native as many of them as there are
 * @param scratch where both may leave what they like
 * @throws Error that names the kernel of which the two have not done the same
 */
export function compareKernels(
  wasm: KernelFunctions,
  native: KernelFunctions,
  memory: WebAssembly.Memory,
  { start, end }: Scratch,
): KernelFunctions {
  const bytes = Buffer.from(memory.buffer);
  const [before, after] = [Buffer.alloc(bytes.length), Buffer.alloc(bytes.length)];
  const both =
    (kernel: Kernel): KernelFunction =>
    (...call) => {
      comparedKernels.add(kernel);
      bytes.copy(before);
      wasm[kernel](...call);
      bytes.copy(after);
      before.copy(bytes);
      native[kernel](...call);
      for (const all of [bytes, after]) all.fill(0, start, end);
      if (bytes.equals(after)) return;
      const at = bytes.findIndex((byte, index) => byte !== after[index]);
      throw new Error(`${kernel} differs from WebAssembly's at byte ${at} of ${bytes.length}`);
    };
  const names = Object.keys(native) as Kernel[];
  return Object.fromEntries(names.map((kernel) => [kernel, both(kernel)])) as KernelFunctions;
}
