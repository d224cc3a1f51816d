// Kernels that are two at once: each call is computed by both, each on a memory of its own, and the two must hold the same after
// it, to the last byte: what they write, what they leave alone, and what lies between buffers.
import type { Kernel } from '../descriptor.js';
import type { KernelFunction, KernelFunctions, Scratch } from '../kernel-functions.js';

/** Kernels that were compared in this process. */
export const comparedKernels = new Set<Kernel>();

/**
 * Kernels that compute by both; what WebAssembly's have done is seen. One thread at a time may use the memory.
 * @param native as many of them as there are, on the twin
 * @param memory what WebAssembly's kernels compute on
 * @param twin as large, and of nobody else's
 * @param scratch where both may leave what they like
 * @throws Error that names the kernel of which the two have not done the same
 */
export function compareKernels(
  wasm: KernelFunctions,
  native: KernelFunctions,
  memory: WebAssembly.Memory,
  twin: WebAssembly.Memory,
  { start, end }: Scratch,
): KernelFunctions {
  const [bytes, others] = [Buffer.from(memory.buffer), Buffer.from(twin.buffer)];
  const compared = [
    [0, start],
    [end, bytes.length],
  ] as const;
  const areAlike = () => compared.every(([from, to]) => bytes.compare(others, from, to, from, to) === 0);
  const both =
    (kernel: Kernel): KernelFunction =>
    (...call) => {
      comparedKernels.add(kernel);
      // Most calls follow another one, which has left the two alike: to copy memory that threads share takes longer than to see that.
      if (!areAlike()) bytes.copy(others);
      wasm[kernel](...call);
      native[kernel](...call);
      if (areAlike()) return;
      const at = bytes.findIndex((byte, index) => byte !== others[index] && (index < start || index >= end));
      throw new Error(`${kernel} differs from WebAssembly's at byte ${at} of ${bytes.length}`);
    };
  const names = Object.keys(native) as Kernel[];
  return Object.fromEntries(names.map((kernel) => [kernel, both(kernel)])) as KernelFunctions;
}
