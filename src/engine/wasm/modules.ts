// The kernels' modules, while some are in AssemblyScript and others are in C.
import type { Kernel } from './descriptor.js';
import type { Address } from './units.js';

export const kernelFiles = ['kernels.wasm', 'kernels-c.wasm'] as const;

export type KernelFunction = (descriptor: Address, scratch: Address, lo: number, hi: number) => void;

/** One thread's own instances on the shared memory. */
export function instantiate(
  [assemblyScript, c]: readonly WebAssembly.Module[],
  memory: WebAssembly.Memory,
  scratch: Address,
): Readonly<Record<Kernel, KernelFunction>> {
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
  return { ...Object.fromEntries(wrapped), ...kernels } as Readonly<Record<Kernel, KernelFunction>>;
}
