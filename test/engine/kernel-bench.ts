import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Descriptor, DescriptorOf, Kernel } from '../../src/engine/wasm/descriptor.js';
import type { Geometry } from '../../src/engine/wasm/geometry.js';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { buildBest, findTarget, readVerdict, type Target } from '../../src/engine/wasm/native/build.js';
import { type Calls, calls, type Phase, type Program, scratchBytes } from '../../src/engine/wasm/program.js';
import { createControl, ThreadRunner } from '../../src/engine/wasm/threads.js';
import type { Address } from '../../src/engine/wasm/units.js';
import { buildFolder } from '../../src/paths.js';
import { randomNumbers } from '../network/random-network.js';

const module = new WebAssembly.Module(readFileSync(join(buildFolder, 'kernels.wasm')));
/** With SPIKELINE_TEST_NATIVE every call is made of the native kernels, too, and has to leave the same bytes. */
export const comparesNative = process.env.SPIKELINE_TEST_NATIVE !== undefined;
const native = comparesNative ? await nativeKernels() : undefined;
const library = native?.file;
/** Bytes of the widest vectors that kernels compute with here: they need as much scratch memory. */
export const vectorBytes = native?.level.width ?? 16;

/** Compiles the kernels for this processor, if they aren't yet. */
async function nativeKernels(): Promise<Target> {
  const target = findTarget();
  if ('missing' in target) throw new Error(target.missing);
  const known = readVerdict(target);
  const { target: best, verdict } = known === undefined ? await buildBest(target) : { target, verdict: known };
  if (!verdict.usable) throw new Error(verdict.why);
  return best;
}

/** A byte that no buffer is filled with by chance: as a float, 0x5a5a5a5a is 1.5e16. */
const pattern = 0x5a;
/** What lies behind the scratch memory: more than a kernel that asks for too little is likely to pass over. */
const forbidden = Buffer.alloc(1 << 16, pattern);

export function fillGuards(plan: MemoryPlan, memory: WebAssembly.Memory): void {
  const bytes = new Uint8Array(memory.buffer);
  for (const { start, end } of plan.guards()) bytes.fill(pattern, start, end);
}

/** No kernel wrote behind its buffer. */
export function expectGuardsIntact(plan: MemoryPlan, memory: WebAssembly.Memory): void {
  const bytes = new Uint8Array(memory.buffer);
  const broken = plan.guards().filter(({ start, end }) => bytes.subarray(start, end).some((byte) => byte !== pattern));
  expect(broken).toEqual([]);
}

/** A memory with a few buffers, and kernels that run on it; every run looks at the zones between the buffers. */
export class KernelBench {
  readonly plan = new MemoryPlan();
  #memory: WebAssembly.Memory | undefined;

  floats(values: ArrayLike<number>): Address {
    return this.plan.table(Float32Array.from(values));
  }

  doubles(values: ArrayLike<number>): Address {
    return this.plan.table(Float64Array.from(values));
  }

  bytes(values: ArrayLike<number>): Address {
    return this.plan.table(Uint8Array.from(values));
  }

  halves(values: ArrayLike<number>): Address {
    return this.plan.table(Int16Array.from(values));
  }

  /** z as kernels of training take it: floats or 16-bit integers. */
  preActivations(values: ArrayLike<number>, integer: boolean): { readonly z: Address; readonly integer: boolean } {
    return { z: integer ? this.halves(values) : this.floats(values), integer };
  }

  words(values: ArrayLike<number>): Address {
    return this.plan.table(Uint32Array.from(values));
  }

  /** A buffer of floats with something in it that a kernel has to overwrite. */
  room(values: number): Address {
    return this.floats(new Float32Array(values).fill(-12345));
  }

  /**
   * The kernels have the scratch memory that they were promised and no more: behind it nothing may change.
   * @param prepare is given the memory before the kernels are
   */
  run(program: Program, prepare?: (memory: ArrayBufferLike) => void): void {
    const scratch = [this.plan.alloc(scratchBytes([program]))];
    const beyond = this.plan.table(forbidden);
    const memory = this.plan.create();
    this.#memory = memory;
    fillGuards(this.plan, memory);
    prepare?.(memory.buffer);
    const code = { module, ...(library === undefined ? {} : { library }) };
    const setup = { code, memory, control: createControl(), threads: 1, programs: [program], scratch };
    new ThreadRunner(setup, 0).lead(0);
    expectGuardsIntact(this.plan, memory);
    expect(forbidden.equals(new Uint8Array(memory.buffer, beyond, forbidden.length))).toBe(true);
  }

  /** One kernel over a range, in two calls. */
  call<K extends Kernel>(kernel: K, descriptor: Descriptor<DescriptorOf<K>>, count: number): void {
    this.run([inParts(count, calls(kernel, descriptor))]);
  }

  readFloats(address: number, count: number): number[] {
    return [...new Float32Array(this.#buffer(), address, count)];
  }

  readDoubles(address: number, count: number): number[] {
    return [...new Float64Array(this.#buffer(), address, count)];
  }

  readIntegers(address: number, count: number): number[] {
    return [...new Int32Array(this.#buffer(), address, count)];
  }

  readHalves(address: number, count: number): number[] {
    return [...new Int16Array(this.#buffer(), address, count)];
  }

  readBytes(address: number, count: number): number[] {
    return [...new Uint8Array(this.#buffer(), address, count)];
  }

  #buffer(): SharedArrayBuffer {
    return this.#memory!.buffer;
  }
}

/** Forms of z. */
export const forms = [
  ['floats', false],
  ['16-bit integers', true],
] as const;

/** A range in two calls of unequal size, so that kernels have to start in the middle, too. */
export function inParts(count: number, own: Calls): Phase {
  const middle = Math.floor(count / 3);
  return middle === 0 ? [own(0, count)] : [own(middle, count), own(0, middle)];
}

/** Random whole numbers from `least` to `most`: sums of their products are exact in single precision, in any order. */
export function integers(count: number, least: number, most: number, seed: number): number[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => least + Math.floor(random() * (most - least + 1)));
}

/** Whole numbers from −9 to 9, those up to `zeros` replaced by 0. */
export const withZeros = (count: number, zeros: number, seed: number): number[] =>
  integers(count, -9, 9, seed).map((value) => (Math.abs(value) <= zeros ? 0 : value));

/** Spike counts up to `levels`, two thirds of them 0. */
export function spikeCounts(count: number, levels: number, seed: number): number[] {
  return integers(count, -2 * levels, levels, seed).map((value) => Math.max(0, value));
}

/** Real numbers of single precision from −1 to 1. */
export function reals(count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => Math.fround(2 * random() - 1));
}

/** −0 as 0. */
export const plain = (values: readonly number[]): number[] => values.map((value) => value + 0);

/** A geometry of kernels as the plain references take it. */
export function layerOf(g: Geometry) {
  return {
    kernel: [g.kernelHeight, g.kernelWidth] as const,
    stride: g.stride,
    padding: [g.padV, g.padH] as const,
    input: [g.inHeight, g.inWidth, g.inChannels] as const,
    output: [g.outHeight, g.outWidth, g.outChannels] as const,
  };
}

export interface GeometrySpec {
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly input: readonly [number, number, number];
  readonly channels: number;
}

export function geometry({ kernel, stride = 1, padding = [0, 0], input, channels }: GeometrySpec): Geometry {
  const size = (axis: 0 | 1) => Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
  return {
    ...{ kernelHeight: kernel[0], kernelWidth: kernel[1], stride, padV: padding[0], padH: padding[1] },
    ...{ inHeight: input[0], inWidth: input[1], inChannels: input[2] },
    ...{ outHeight: size(0), outWidth: size(1), outChannels: channels },
  };
}
