import '@tensorflow/tfjs-backend-cpu';
// Without the union package, gradients have to be registered by hand.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { engineOn } from '../../../src/engine/tensorflow/engine.js';
import { restoreUtil } from '../../../src/engine/tensorflow/library.js';
import { wasmEngine } from '../../../src/engine/wasm/engine.js';
import { initialParameters } from '../../../src/network/initialise.js';
import { describeEngine, smallNetwork } from '../contract.js';
import { batchOf, quantised } from '../examples.js';

const engine = engineOn(() => tf);

describe("the engine on TensorFlow.js's CPU backend", () => {
  describeEngine(engine, wasmEngine);

  it('leaves no tensors behind: none after a step, none after closing', async () => {
    const network = smallNetwork(quantised(1, 2));
    const [options, rate] = [{ batch: 8, threads: 2 }, 1e-3];
    const { images, labels } = batchOf(network, options.batch, 1);
    const parameters = initialParameters(network, 1);
    const tensors = () => tf.memory().numTensors;
    const before = tensors();
    const trainer = await engine.trainer(network, { parameters }, options);
    const evaluator = await engine.evaluator(network, parameters, options);
    const open = tensors();
    expect(open).toBeGreaterThan(before);
    for (let step = 0; step < 3; step++) {
      await trainer.step(images, labels, rate);
      await evaluator.load(await trainer.parameters());
      await evaluator.evaluate(images, options.batch, true);
      expect(tensors()).toBe(open);
    }
    await Promise.all([trainer.close(), evaluator.close()]);
    expect(tensors()).toBe(before);
  });
});

it('puts back what Node 23 took from node:util', () => {
  const util: Record<string, unknown> = {};
  restoreUtil(util);
  const { isArray, isNullOrUndefined } = util as Record<string, (value: unknown) => boolean>;
  expect([[], {}, 0, null, undefined].map((value) => isArray!(value))).toEqual([true, false, false, false, false]);
  expect([null, undefined, 0, '', []].map((value) => isNullOrUndefined!(value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
