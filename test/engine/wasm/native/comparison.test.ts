import { expect, it } from 'vitest';
import type { KernelFunction, KernelFunctions } from '../../../../src/engine/wasm/kernel-functions.js';
import { compareKernels } from '../../../../src/engine/wasm/native/comparison.js';
import type { Address } from '../../../../src/engine/wasm/units.js';

const memoryOf = () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const [start, end] = [100, 200] as Address[];
const scratch = { start: start!, end: end! };

/** Kernels of one name on memories of their own, of which each does what it is given. */
function compared(wasm: (bytes: Uint8Array) => void, native: (bytes: Uint8Array) => void) {
  const [memory, twin] = [memoryOf(), memoryOf()];
  const kernels = (act: (bytes: Uint8Array) => void, on: WebAssembly.Memory) =>
    ({ adam: () => act(new Uint8Array(on.buffer)) }) as unknown as KernelFunctions;
  const { adam } = compareKernels(kernels(wasm, memory), kernels(native, twin), memory, twin, scratch) as unknown as {
    adam: KernelFunction;
  };
  return { bytes: new Uint8Array(memory.buffer), call: () => adam(0 as Address, start!, 0, 1) };
}

it('computes what WebAssembly does, also on what was written between calls', () => {
  const double = (bytes: Uint8Array) => bytes.set([2 * bytes[0]!], 1);
  const { bytes, call } = compared(double, double);
  for (const value of [3, 5]) {
    bytes[0] = value;
    call();
    expect(bytes[1]).toBe(2 * value);
  }
});

it('finds each byte that differs, but those of scratch memory', () => {
  const write = (...places: readonly number[]) => {
    const { call } = compared(
      () => undefined,
      (bytes) => {
        for (const place of places) bytes[place] = 1;
      },
    );
    return call;
  };
  expect(write(100, 150, 199)).not.toThrow();
  for (const place of [0, 99, 200, 65535])
    expect(write(150, place)).toThrow(`adam differs from WebAssembly's at byte ${place} of 65536`);
});
