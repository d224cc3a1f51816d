import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GradientType } from '../../src/engine/engine.js';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network } from '../../src/network/architecture.js';
import { convert } from '../../src/spiking/convert.js';
import { spikeSources } from '../../src/spiking/network.js';
import { type BlockSpec, batchOf, customNetwork, fp32, liveParameters, quantised } from './examples.js';
import { expectGuardsIntact, fillGuards } from './kernel-bench.js';

/** Memories that the engine made during a test, their guard zones filled from the start. */
const made: { plan: MemoryPlan; memory: WebAssembly.Memory }[] = [];

beforeEach(() => {
  const create = MemoryPlan.prototype.create;
  vi.spyOn(MemoryPlan.prototype, 'create').mockImplementation(function (this: MemoryPlan) {
    const memory = create.call(this);
    if (filling) fillGuards(this, memory);
    made.push({ plan: this, memory });
    return memory;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  made.length = 0;
});

let filling = true;

const shapes: Record<string, { input: [number, number, number]; blocks: BlockSpec[]; classes: number }> = {
  'odd channels and sizes': {
    input: [9, 7, 1],
    blocks: [
      { kernel: [3, 5], padding: [1, 2], channels: 5 },
      { kernel: [3, 2], stride: 2, channels: 33 },
      { kernel: [2, 2], stride: 3, padding: [1, 1], channels: 70 },
      { kernel: [2, 1], channels: 17 },
    ],
    classes: 3,
  },
  'one pixel': {
    input: [1, 1, 3],
    blocks: [
      { kernel: [1, 1], channels: 1 },
      { kernel: [1, 1], channels: 64 },
    ],
    classes: 100,
  },
  'a first layer that covers the image': {
    input: [5, 5, 3],
    blocks: [
      { kernel: [5, 5], channels: 48 },
      { kernel: [1, 1], channels: 16 },
    ],
    classes: 10,
  },
  'a single row': {
    input: [1, 11, 2],
    blocks: [
      { kernel: [1, 3], padding: [0, 1], channels: 16 },
      { kernel: [1, 11], channels: 130 },
    ],
    classes: 10,
  },
};

/**
 * Training, ANN and SNN of a network; returns everything they computed.
 * @param membranes the noise of each SNN; with none, there is training alone
 */
async function everything(
  network: Network,
  batch: number,
  threads: number,
  gradients: GradientType = 'float32',
  membranes: readonly number[] = [0, 2],
): Promise<unknown> {
  const options = { batch, threads };
  const { images, labels } = batchOf(network, batch, 1);
  const trainer = await WasmTrainer.create(
    network,
    { parameters: liveParameters(network, 1) },
    { ...options, gradients },
  );
  const losses = [await trainer.step(images, labels, 1e-2), await trainer.step(images, labels, 1e-2)];
  const parameters = await trainer.parameters();
  await trainer.close();
  if (membranes.length === 0) return { losses, parameters };
  const evaluator = await WasmEvaluator.create(network, parameters, options);
  const ann = await evaluator.evaluate(images, batch, true);
  await evaluator.close();
  if (network.precision.kind === 'fp32') return { losses, parameters, ann };
  const spiking = convert(network, parameters).network;
  const layers = spikeSources(spiking);
  const snn = [];
  for (const membrane of membranes) {
    const noise = layers.map(() => ({ deletion: 0.5, insertion: 0.1, membrane }));
    const simulator = await WasmSimulator.create(spiking, { ...options, noise });
    snn.push(await simulator.simulate(images, batch, { seed: 1, firstImage: 0 }, true));
    await simulator.close();
  }
  return { losses, parameters, ann, snn };
}

/** Guard zones stay as they are, and what they hold has no influence. */
async function expectGuarded(...given: Parameters<typeof everything>): Promise<void> {
  filling = true;
  const guarded = await everything(...given);
  const { length: simulations } = given[4] ?? [0, 2];
  expect(made).toHaveLength(given[0].precision.kind === 'fp32' ? 2 : simulations === 0 ? 1 : 2 + simulations);
  for (const { plan, memory } of made) expectGuardsIntact(plan, memory);
  filling = false;
  // Vitest's own comparison takes a second for a large layer.
  expect(isDeepStrictEqual(await everything(...given), guarded)).toBe(true);
}

describe('nothing is written or used outside of buffers', () => {
  for (const [name, { input, blocks, classes }] of Object.entries(shapes))
    for (const [label, precision, batch, threads, gradients] of [
      ['k1B2', quantised(1, 2), 5, 2],
      ['k0B17', quantised(0, 17), 3, 1],
      ['k2B4', quantised(2, 4), 1, 3],
      ['k1B4 with integer gradients', quantised(1, 4), 5, 2, 'int16'],
      ['fp32', fp32, 2, 1],
    ] as const)
      it(`${name}, ${label}, batch ${batch}`, async () => {
        await expectGuarded(customNetwork(input, blocks, precision, classes), batch, threads, gradients);
      });
});

/** All kernels up to 7×7, with strides and paddings so that any two values of two of these meet. */
const convolutions = Array.from({ length: 49 }, (_, i) => {
  const [height, width] = [1 + Math.floor(i / 7), 1 + (i % 7)];
  const padding = [(width + (height >> 1)) % 4, (height + (width >> 1)) % 4] as const;
  return { kernel: [height, width] as const, stride: 1 + ((height + width) % 3), padding };
});

/** An image that one of these makes a map of two rows or more, which it then makes another one of. */
function imageFor({ kernel, stride, padding }: (typeof convolutions)[number], rest: number): [number, number] {
  const before = (output: number, axis: 0 | 1) =>
    Math.max(1, (output - 1) * stride + kernel[axis] - 2 * padding[axis] + Math.min(rest, stride - 1));
  return [before(before(2, 0), 0), before(before(1, 1), 1)];
}

describe('any kernel, stride and padding, on the image and on spikes', () => {
  /** Padded to blocks of 16, 32 and 64. */
  const channels = [
    [5, 64],
    [16, 20],
    [33, 5],
    [20, 33],
    [3, 128],
  ] as const;
  const precisions = [quantised(1, 2), quantised(0, 1), quantised(2, 4), quantised(3, 6)] as const;
  for (const [i, convolution] of convolutions.entries())
    for (const gradients of ['float32', 'int16'] as const) {
      const { kernel, stride, padding } = convolution;
      it(`${kernel.join('×')}/${stride}, padding ${padding.join('×')}, ${gradients}`, async () => {
        const blocks = channels[i % 5]!.map((count) => ({ ...convolution, channels: count }));
        const image = [...imageFor(convolution, i % 3), 1 + (i % 3)] as const;
        // What infers doesn't know by which gradients its network was trained.
        const membranes = gradients === 'int16' ? [] : [2 * (i % 2)];
        await expectGuarded(customNetwork(image, blocks, precisions[i % 4]!, 3), 2, 1, gradients, membranes);
      });
    }
});
