import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GradientType } from '../../src/engine/engine.js';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { MemoryPlan } from '../../src/engine/wasm/plan.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network } from '../../src/network/architecture.js';
import { convert } from '../../src/spiking/convert.js';
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

/** Training, ANN and SNN of a network; returns everything they computed. */
async function everything(
  network: Network,
  batch: number,
  threads: number,
  gradients: GradientType = 'float32',
): Promise<unknown> {
  const options = { batch, threads };
  const { images, labels } = batchOf(network, batch, 1);
  const trainer = await WasmTrainer.create(
    network,
    { parameters: liveParameters(network, 1) },
    { ...options, gradients },
  );
  const losses = [trainer.step(images, labels, 1e-2), trainer.step(images, labels, 1e-2)];
  const parameters = trainer.parameters();
  await trainer.close();
  const evaluator = await WasmEvaluator.create(network, parameters, options);
  const ann = evaluator.evaluate(images, batch, true);
  await evaluator.close();
  if (network.precision.kind === 'fp32') return { losses, parameters, ann };
  const simulator = await WasmSimulator.create(convert(network, parameters).network, options);
  const snn = simulator.simulate(images, batch, { probability: 0.5, seed: 1, firstImage: 0 }, true);
  await simulator.close();
  return { losses, parameters, ann, snn };
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
        const network = customNetwork(input, blocks, precision, classes);
        filling = true;
        const guarded = await everything(network, batch, threads, gradients);
        expect(made).toHaveLength(precision.kind === 'fp32' ? 2 : 3);
        for (const { plan, memory } of made) expectGuardsIntact(plan, memory);
        filling = false;
        expect(await everything(network, batch, threads, gradients)).toEqual(guarded);
      });
});
