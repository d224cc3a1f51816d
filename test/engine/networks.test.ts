import { describe, expect, it } from 'vitest';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import type { Network, Precision, Shape } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { readNetwork } from '../../src/network/network-parameter.js';
import { buildNetwork } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { annForward } from '../network/reference-ann.js';
import { batchOf, fp32, imageOf, liveParameters, quantised } from './examples.js';
import { expectAgreement } from './training-agreement.js';

function networkOf(text: string, input: Shape, precision: Precision): Network {
  const plan = readNetwork(text);
  if ('message' in plan) throw new Error(plan.message);
  return buildNetwork(plan, { input, classes: 5, precision });
}

/** Forms that the paper's networks don't have. */
const networks: readonly (readonly [notation: string, input: Shape])[] = [
  ['24-17*2', [7, 5, 3]],
  ['24', [6, 6, 1]],
  ['P2-9C3v-2P2', [16, 16, 1]],
  ['8C1/3-16C3/4-7', [20, 20, 2]],
  ['6C3-P2f-10C3vf-P2-12', [12, 12, 1]],
  // At k1B2 its sums of 9 · 920 inputs of up to 4 spikes don't fit into 16 bits.
  ['920C1-16C3v', [3, 3, 1]],
];

describe.each(networks)('%s on %j', (text, input) => {
  it.each([quantised(0, 1), quantised(1, 2), quantised(3, 8), quantised(4, 8), fp32])(
    'infers as plain loops do ($k, $B)',
    async (precision) => {
      const network = networkOf(text, input, precision);
      const parameters = liveParameters(network, 5);
      const { images } = batchOf(network, 3, 5);
      const evaluator = await WasmEvaluator.create(network, parameters, { batch: 4, threads: 1 });
      const ann = await evaluator.evaluate(images, 3, precision.kind !== 'fp32');
      await evaluator.close();
      const expected = [0, 1, 2].map((i) =>
        annForward(network, parameters, Float32Array.from(imageOf(network, images, i))),
      );
      for (const [i, { logits }] of expected.entries())
        for (const [c, logit] of logits.entries()) expect(ann.logits[i * 5 + c]!).toBeCloseTo(logit, 4);
      if (precision.kind === 'fp32') return;
      const blocks = blocksOf(network);
      for (const layer of blocks.keys())
        expect([...ann.levels[layer]!]).toEqual(expected.flatMap(({ activations }) => [...activations[layer]!]));
      if (blocks.some(({ weights, reads }) => reads === 'activations' && weights === 'float')) {
        expect(() => convert(network, parameters)).toThrow('has float weights');
        return;
      }
      const simulator = await WasmSimulator.create(convert(network, parameters).network, { batch: 4, threads: 1 });
      const snn = await simulator.simulate(images, 3, undefined, true);
      await simulator.close();
      expect(snn.levels).toEqual(ann.levels);
    },
  );

  it.each([quantised(1, 2), quantised(4, 8)])('trains as plain loops do ($k, $B)', async (precision) => {
    await expectAgreement(networkOf(text, input, precision), 4, 1);
  });
});
