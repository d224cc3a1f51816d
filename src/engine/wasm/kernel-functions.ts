// Kernels as threads call them, whatever they are compiled to.
import type { Kernel } from './descriptor.js';
import type { Address } from './units.js';

export type KernelFunction = (descriptor: Address, scratch: Address, lo: number, hi: number) => void;
export type KernelFunctions = Readonly<Record<Kernel, KernelFunction>>;

/** Private memory of a thread. */
export interface Scratch {
  readonly start: Address;
  readonly end: Address;
}
