import { describe, expect, it } from 'vitest';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { type BlockSpec, batchOf, customNetwork, fp32, liveParameters, quantised } from './examples.js';
import { clearCut, expectAgreement, relativeError } from './training-agreement.js';

const shapes: Record<string, { input: [number, number, number]; blocks: BlockSpec[]; classes?: number }> = {
  'odd channels, SAME and VALID, a kernel that covers its input': {
    input: [8, 8, 1],
    blocks: [
      { kernel: [3, 3], padding: [1, 1], channels: 5 },
      { kernel: [3, 3], channels: 17 },
      { kernel: [2, 2], stride: 2, channels: 33 },
      { kernel: [3, 3], channels: 20 },
    ],
    classes: 3,
  },
  'strides 2 and 3 that leave rows over, kernels of 5×3': {
    input: [13, 11, 3],
    blocks: [
      { kernel: [5, 3], padding: [2, 1], channels: 16 },
      { kernel: [3, 3], stride: 2, padding: [1, 1], channels: 18 },
      { kernel: [3, 2], stride: 3, channels: 12 },
    ],
  },
  'wide layers and a classifier of a whole map': {
    input: [6, 6, 2],
    blocks: [
      { kernel: [1, 1], channels: 64 },
      { kernel: [3, 3], padding: [1, 1], channels: 70 },
      { kernel: [1, 1], stride: 2, channels: 48 },
    ],
    classes: 12,
  },
};

describe('a training step agrees with plain loops', () => {
  for (const [name, { input, blocks, classes }] of Object.entries(shapes))
    for (const [label, precision] of [
      ['k0B1', quantised(0, 1)],
      ['k1B2', quantised(1, 2)],
      ['k2B4', quantised(2, 4)],
      ['fp32', fp32],
    ] as const)
      it(`${name}, ${label}`, async () => {
        const network = customNetwork(input, blocks, precision, classes);
        await expectAgreement(network, 6, 1);
        if (precision.kind === 'quantised') await expectAgreement(network, 6, 1, 'int16');
      });

  it('LeNet k1B2, one image short of a chunk', async () => {
    await expectAgreement(preset('lenet', { precision: quantised(1, 2) }), 3, 2);
  });

  it('17 levels take the wide kernel', async () => {
    const { input, blocks } = shapes['odd channels, SAME and VALID, a kernel that covers its input']!;
    await expectAgreement(customNetwork(input, blocks, quantised(0, 17)), 6, 1);
  });
});

describe('Adam', () => {
  it('moves every weight as its formula says, twice the gradient for ternary layers', async () => {
    const { input, blocks } = shapes['odd channels, SAME and VALID, a kernel that covers its input']!;
    const network = customNetwork(input, blocks, quantised(1, 2), 3);
    const { parameters, images, labels } = clearCut(network, 6)!;
    const trainer = await WasmTrainer.create(network, { parameters }, { batch: 6, threads: 1 });
    const rate = 1e-2;
    const state = new Map(
      [...parameters].map(([name, values]) => [name, { w: Float64Array.from(values), m: 0, v: 0 }]),
    );
    const moments = new Map<string, { m: Float64Array; v: Float64Array }>();
    for (let step = 1; step <= 3; step++) {
      await trainer.step(images, labels, rate);
      for (const [name, gradient] of trainer.gradients()) {
        const { w } = state.get(name)!;
        const { m, v } = moments.get(name) ?? { m: new Float64Array(w.length), v: new Float64Array(w.length) };
        moments.set(name, { m, v });
        const { ternary } = parameterShapes(network).find((parameter) => parameter.name === name)!;
        for (let i = 0; i < w.length; i++) {
          const g = gradient[i]! * (ternary ? 2 : 1);
          m[i] = 0.9 * m[i]! + 0.1 * g;
          v[i] = 0.999 * v[i]! + 0.001 * g * g;
          const corrected = (rate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
          w[i] = w[i]! - (corrected * m[i]!) / (Math.sqrt(v[i]!) + 1e-8);
        }
      }
    }
    const after = await trainer.parameters();
    await trainer.close();
    for (const name of moments.keys())
      expect(relativeError(after.get(name)!, state.get(name)!.w), name).toBeLessThan(1e-4);
  });

  it('goes on from saved parameters and moments with the same bits', async () => {
    const { input, blocks } = shapes['wide layers and a classifier of a whole map']!;
    const network = customNetwork(input, blocks, quantised(1, 2));
    const options = { batch: 4, threads: 2 };
    const { images, labels } = batchOf(network, 4, 1);
    const state = async (trainer: WasmTrainer) => ({
      parameters: await trainer.parameters(),
      optimizer: await trainer.optimizer(),
    });
    const through = await WasmTrainer.create(network, { parameters: liveParameters(network, 1) }, options);
    await through.step(images, labels, 1e-3);
    await through.step(images, labels, 1e-3);
    const saved = await state(through);
    const resumed = await WasmTrainer.create(network, saved, options);
    expect(await state(resumed)).toEqual(saved);
    expect(await resumed.step(images, labels, 1e-4)).toEqual(await through.step(images, labels, 1e-4));
    expect(await state(resumed)).toEqual(await state(through));
    expect(await state(resumed)).not.toEqual(saved);
    await Promise.all([through.close(), resumed.close()]);
  });
});
