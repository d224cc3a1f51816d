import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type DescriptorFields,
  encode,
  fieldOffset,
  noDescriptor,
  scratchOf,
} from '../../src/engine/wasm/descriptor.js';
import { type Description, descriptions, fieldsOf, names } from '../../src/engine/wasm/kernels/description.mjs';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { type Call, calls } from '../../src/engine/wasm/program.js';
import { type Address, bytes, nowhere } from '../../src/engine/wasm/units.js';
import { buildFolder } from '../../src/paths.js';
import { KernelBench, vectorBytes } from './kernel-bench.js';

const noise: DescriptorFields<'DeleteSpikes'> = {
  ...{ spikes: 70000 as Address, gaps: nowhere, guide: nowhere, imageBytes: bytes(48), levels: -3 },
  ...{ seedLow: 2 ** 32 - 1, seedHigh: 5, purpose: 6, layer: 8, firstImage: 7 },
};

describe('the description of kernels', () => {
  it('names what the module exports, each kernel once', () => {
    const memory = new MemoryPlan().create();
    const module = new WebAssembly.Module(readFileSync(join(buildFolder, 'kernels.wasm')));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const described = Object.values(descriptions).flatMap(({ kernels }) => names(kernels));
    expect([...described].sort()).toEqual(Object.keys(exports).sort());
  });

  it('has sizes of scratch memory that are sums of products of fields', () => {
    for (const [name, description] of Object.entries<Description>(descriptions)) {
      const fields = new Set(fieldsOf(description).map((field) => field.name));
      for (const [area, formula] of Object.entries(description.scratch ?? {})) {
        const factors = formula.split(/ [+*] /);
        expect(
          factors.filter((factor) => !fields.has(factor) && !/^\d+$/.test(factor)),
          `${name}.${area}`,
        ).toEqual([]);
        expect(fields).not.toContain(area);
      }
    }
  });
});

describe('a descriptor', () => {
  it('holds its fields by kinds, four bytes each', () => {
    const words = new Int32Array(encode('DeleteSpikes', noise).buffer);
    expect([...words]).toEqual([70000, 0, 0, 48, -3, -1, 5, 6, 8, 7]);
    expect(fieldOffset('DeleteSpikes', 'firstImage')).toBe(36);
  });

  it('holds the addresses of others, and needs their scratch memory', () => {
    const plan = new MemoryPlan();
    const shape = { height: 1, width: 1, outHeight: 1, outWidth: 1, outChannels: 16, kernelHeight: 1, kernelWidth: 1 };
    const rest = { ...shape, stride: 1, padV: 0, padH: 0, spikes: nowhere, y: nowhere, thresholds: nowhere, levels: 1 };
    const strides = { tapStride: bytes(0), levelStride: bytes(0), rowBytes: bytes(16), blockStride: bytes(0) };
    const events = plan.descriptor('EventConv', {
      ...{ ...rest, ...strides, inChannels: 16, w: nowhere, products: nowhere, nonZero: nowhere, period: bytes(4) },
      ...{ listed: 3, listBytes: bytes(20_000) },
    });
    const tables = plan.descriptor('TabledForward', {
      ...{ ...rest, channels: 16, places: nowhere, negatives: nowhere, block: 16, waiting: 2 },
    });
    expect(tables.scratch).toBe(20 * 81 * 16 + 64 * 16 + 2 * 16 * 32);
    const sliced = noDescriptor('SlicedForward');
    const columns = noDescriptor('ColumnForward');
    expect(sliced).toEqual({ name: 'SlicedForward', address: nowhere, scratch: bytes(0) });
    const own = { spikes: nowhere, imageBytes: bytes(16), least: 1, block: 16, fillsTiles: false };
    const values = { ...own, events, tables, sliced, columns };
    expect(scratchOf('SpikeConv', values)).toBe(60_000);
    expect([...new Uint32Array(encode('SpikeConv', values).buffer)].slice(-4)).toEqual([
      events.address,
      tables.address,
      nowhere,
      nowhere,
    ]);
  });

  it('goes to its own kernels only, and takes no number for another: the compiler says so', () => {
    const clear = new MemoryPlan().descriptor('Clear', { values: nowhere });
    expect(calls('clear', clear)(0, 1)).toHaveLength(1);
    // @ts-expect-error another kernel's descriptor
    calls('adam', clear);
    // @ts-expect-error no kernel of that name
    calls('clean', clear);
    // @ts-expect-error another kernel's descriptor
    const call: Call = { kernel: 'readout', descriptor: clear, lo: 0, hi: 1 };
    // @ts-expect-error bytes where a count is wanted
    const count: DescriptorFields<'DeleteSpikes'> = { ...noise, levels: bytes(1) };
    // @ts-expect-error an address where bytes are wanted
    const size: DescriptorFields<'DeleteSpikes'> = { ...noise, imageBytes: noise.spikes };
    // @ts-expect-error a number where an address is wanted
    const address: DescriptorFields<'DeleteSpikes'> = { ...noise, spikes: 70000 };
    expect([call, count, size, address]).toHaveLength(4);
  });
});

it('the bench grants the scratch memory that was promised, and sees what is written behind it', () => {
  const quantise = (scratch: number) => {
    const bench = new KernelBench();
    const room = () => bench.room(16);
    const descriptor = bench.plan.descriptor('QuantiseGradient', {
      ...{ g: room(), z: room(), a: room(), b: room(), d: room(), bounds: room(), dy: room(), coarse: room() },
      ...{ dyOffsets: bench.words([0]), coarseOffsets: bench.words([0]), largest: bench.halves([0]) },
      ...{
        dyImage: bytes(64),
        coarseImage: bytes(64),
        blockBytes: bytes(64),
        width: 16,
        blocks: 1,
        pixels: 1,
        channels: 16,
        integer: false,
      },
    });
    bench.call('quantiseGradient', { ...descriptor, scratch: bytes(scratch) }, 1);
  };
  // Coefficients, and the maxima of sixteen channels or fewer, in 16 bits.
  const maxima = Math.min(vectorBytes, 32);
  quantise(12 * 16 + maxima);
  expect(() => quantise(12 * 16 + maxima - 1)).toThrow();
  expect(() => quantise(0)).toThrow();
});
