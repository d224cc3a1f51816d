import { describe, expect, it } from 'vitest';
import { purposes, RandomWords } from '../../src/data/random.js';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import type { Network } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { network as preset } from '../../src/network/presets.js';
import { ternarise } from '../../src/network/ternary.js';
import { convert } from '../../src/spiking/convert.js';
import { annForward } from '../network/reference-ann.js';
import { batchOf, liveParameters, normalisedParameters, quantised } from './examples.js';

const count = 2;
const vgg = (k: number, B: number) => preset('vgg', { precision: quantised(k, B) });

/** The paper's VGG with ternary weights at random, γ of both signs and 0, and statistics that keep all layers alive. */
function randomTernary(network: Network, images: Float32Array): Promise<Map<string, Float32Array>> {
  // Precision changes no parameter before training, and drawing five million takes a while.
  drawn ??= drawParameters(network);
  return normalisedParameters(network, drawn, images, count);
}

let drawn: ReadonlyMap<string, Float32Array> | undefined;

function drawParameters(network: Network): Map<string, Float32Array> {
  const start = liveParameters(network, 11);
  const words = new RandomWords({ seed: 11, purpose: purposes.sample, stream: 12 });
  for (const [i, { name }] of blocksOf(network).entries()) {
    const weights = start.get(`${name}.weight`)!;
    if (i > 0) for (let j = 0; j < weights.length; j++) weights[j] = words.below(3) - 1;
    const gamma = start.get(`${name}.gamma`)!;
    for (let c = 0; c < gamma.length; c += 2) gamma[c] = -gamma[c]!;
    gamma[1] = 0;
  }
  return start;
}

describe("the paper's VGG with random ternary weights", () => {
  // inference.test.ts has all of the paper's precisions, in smaller networks.
  it.each([
    [0, 1],
    [0, 4],
    [1, 2],
  ])('k%iB%i: ANN and SNN agree in every neuron', async (k, B) => {
    const network = vgg(k, B);
    const { images } = batchOf(network, count, 10 * k + B);
    const parameters = await randomTernary(network, images);
    for (const { name, output } of blocksOf(network).slice(1)) {
      const weights = parameters.get(`${name}.weight`)!;
      const ternary = ternarise(weights, output[2]);
      expect(weights.findIndex((weight, i) => weight !== ternary[i])).toBe(-1);
    }

    const { network: spiking, layers } = convert(network, parameters);
    // Half of the channels of γ < 0, one of γ = 0, in every layer.
    for (const { channels, negatedChannels, constantChannels } of layers)
      expect([negatedChannels, constantChannels]).toEqual([channels / 2, 1]);

    const evaluator = await WasmEvaluator.create(network, parameters, { batch: count, threads: 1 });
    const ann = await evaluator.evaluate(images, count, true);
    await evaluator.close();
    const simulator = await WasmSimulator.create(spiking, { batch: count, threads: 1 });
    const snn = await simulator.simulate(images, count, undefined, true);
    await simulator.close();

    const neurons = ann.levels.map((levels) => levels.length / count);
    expect(neurons.reduce((sum, value) => sum + value, 0)).toBe(187_136);
    const different = ann.levels.map((levels, i) => levels.filter((level, j) => level !== snn.levels[i]![j]).length);
    expect(different).toEqual(blocksOf(network).map(() => 0));
    // Silent or saturated layers would agree for no good reason.
    const most = 2 ** k * B;
    for (const levels of ann.levels) {
      const [silent, full] = [0, most].map((level) => levels.filter((one) => one === level).length / levels.length);
      expect(Math.max(silent!, full!)).toBeLessThan(0.95);
    }
    for (let i = 0; i < ann.logits.length; i++) expect(snn.logits[i]! / 2 ** k).toBeCloseTo(ann.logits[i]!, 9);
  });

  it('k1B2: both agree with plain loops in double precision', async () => {
    const network = vgg(1, 2);
    const { images } = batchOf(network, count, 3);
    const parameters = await randomTernary(network, images);
    const evaluator = await WasmEvaluator.create(network, parameters, { batch: count, threads: 1 });
    const { levels } = await evaluator.evaluate(images, 1, true);
    await evaluator.close();
    const size = images.length / count;
    const { activations } = annForward(network, parameters, images.slice(0, size));
    for (const [i, expected] of activations.entries())
      expect(Buffer.compare(levels[i]!, Uint8Array.from(expected))).toBe(0);
  });
});
