import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gradientTypes, type Parameters } from '../../src/engine/engine.js';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { elements } from '../../src/formats/shape.js';
import type { Shape } from '../../src/network/architecture.js';
import { blocksOf, convolutionOutput } from '../../src/network/layers.js';
import type { AdamState } from '../../src/network/optimiser.js';
import { spikesPerUnit } from '../../src/network/precision.js';
import { convert } from '../../src/spiking/convert.js';
import { fuzz } from '../fuzz.js';
import { annForward } from '../network/reference-ann.js';
import { simulate as referenceSimulate } from '../spiking/reference-simulator.js';
import { type BlockSpec, batchOf, customNetwork, fp32, imageOf, liveParameters, quantised } from './examples.js';
import { clearCut, expectStep, relativeError } from './training-agreement.js';

const side = fc.integer({ min: 1, max: 12 });
const kernelSide = fc.integer({ min: 1, max: 7 });

/** Small enough for plain loops: multiply-adds of a forward pass. */
const mostWork = 1e6;
/** With so many decisions to take, some batch in a few has none that is near. */
const mostDecisions = 1e5;

const cases = fc
  .record({
    input: fc.tuple(side, side, fc.integer({ min: 1, max: 3 })),
    blocks: fc.array(
      fc.record({
        kernel: fc.tuple(kernelSide, kernelSide),
        stride: fc.constantFrom(1, 1, 2, 3),
        padding: fc.tuple(fc.nat(3), fc.nat(3)),
        channels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(48, 64, 70, 130)),
        float: fc.integer({ min: 1, max: 8 }).map((one) => one === 8),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    precision: fc.oneof(
      { weight: 1, arbitrary: fc.constant(fp32) },
      { weight: 6, arbitrary: fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 8 })).map(([k, B]) => quantised(k, B)) },
    ),
    classes: fc.constantFrom(2, 3, 10, 100),
    batch: fc.integer({ min: 1, max: 7 }),
    threads: fc.integer({ min: 1, max: 3 }),
    gradients: fc.constantFrom(...gradientTypes),
    seed: fc.nat(1e6),
  })
  .map(({ input, blocks, precision, classes, ...others }) => ({
    network: customNetwork(input, fitted(input, blocks), precision, classes),
    ...others,
  }))
  .filter(({ network, batch }) => {
    const { precision } = network;
    const layers = blocksOf(network);
    const work = layers.reduce(
      (sum, { kernel, input, output }) => sum + kernel[0] * kernel[1] * input[2] * elements(output),
      0,
    );
    const neurons = layers.reduce((sum, { output }) => sum + elements(output), 0);
    const n = precision.kind === 'fp32' ? 1 : spikesPerUnit(precision.k);
    return batch * work < mostWork && batch * neurons * n < mostDecisions;
  });

/** The same blocks, with kernels no larger than their maps. */
function fitted(input: Shape, blocks: readonly Required<BlockSpec>[]): BlockSpec[] {
  let size: readonly [number, number] = [input[0], input[1]];
  return blocks.map((block) => {
    const kernel = both((axis) => Math.min(block.kernel[axis], size[axis] + 2 * block.padding[axis]));
    size = convolutionOutput({ ...block, kernel, input: [...size, 1] });
    return { ...block, kernel };
  });
}

const both = (of: (axis: 0 | 1) => number): [number, number] => [of(0), of(1)];

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** All that a trainer holds. */
async function bits(trainer: WasmTrainer): Promise<string> {
  const hash = createHash('sha256');
  const { m, v } = (await trainer.optimizer()) as AdamState;
  for (const tensors of [await trainer.parameters(), trainer.gradients(), m, v])
    for (const values of tensors.values()) hash.update(new Uint8Array(values.buffer));
  return hash.digest('hex');
}

/** Two steps against plain loops, then the same with another number of threads. Gives the parameters after them. */
async function train({ network, batch, threads, gradients, seed }: Case): Promise<Parameters> {
  const { precision } = network;
  // What single precision makes of an activation is multiplied by n before it decides.
  const margin = precision.kind === 'fp32' ? 1e-5 : 1e-5 * spikesPerUnit(precision.k);
  // Statistics of very few values have variances near 0, which no two ways of rounding agree on.
  const few = blocksOf(network).some(({ output: [height, width] }) => batch * height * width < 6);
  const example = (at: number, parameters?: Parameters) =>
    (few ? undefined : clearCut(network, batch, gradients, { seed: at, parameters, margin })) ?? {
      parameters: parameters ?? liveParameters(network, at),
      ...batchOf(network, batch, at),
      expected: undefined,
    };
  const first = example(seed);
  const create = (count: number) =>
    WasmTrainer.create(network, { parameters: first.parameters }, { batch, threads: count, gradients });
  const trainer = await create(threads);
  const step = (of: WasmTrainer, { images, labels }: typeof first) => of.step(images, labels, 1e-2);
  const results = [await step(trainer, first)];
  if (first.expected) await expectStep(trainer, results[0]!, first.expected);
  const second = example(seed + 1000, await trainer.parameters());
  results.push(await step(trainer, second));
  if (second.expected) await expectStep(trainer, results[1]!, second.expected);

  const other = await create((threads % 3) + 1);
  expect([await step(other, first), await step(other, second)]).toEqual(results);
  expect(await bits(other)).toBe(await bits(trainer));
  const parameters = await trainer.parameters();
  await Promise.all([trainer.close(), other.close()]);
  return parameters;
}

/** ANN, SNN and both references, on fewer images than there is room for. */
async function infer({ network, batch, threads, seed }: Case, parameters: Parameters) {
  const count = Math.ceil(batch / 2);
  const { images } = batchOf(network, count, seed + 2000);
  const each = Array.from({ length: count }, (_, i) => Float32Array.from(imageOf(network, images, i)));
  const quantises = network.precision.kind === 'quantised';
  const evaluator = await WasmEvaluator.create(network, parameters, { batch, threads });
  const ann = await evaluator.evaluate(images, count, quantises);
  await evaluator.close();
  const expected = each.map((image) => annForward(network, parameters, image));
  const logits = expected.flatMap((one) => [...one.logits]);
  expect(relativeError(ann.logits, logits)).toBeLessThan(quantises ? 1e-9 : 1e-4);
  if (!quantises) return;
  for (const [i, levels] of ann.levels.entries())
    expect([...levels]).toEqual(expected.flatMap(({ activations }) => [...activations[i]!]));

  const spiking = convert(network, parameters).network;
  const simulator = await WasmSimulator.create(spiking, { batch, threads: (threads % 3) + 1 });
  const snn = await simulator.simulate(images, count, undefined, true);
  await simulator.close();
  expect(snn.levels).toEqual(ann.levels);
  const simulated = each.flatMap((image) => [...referenceSimulate(spiking, image).logits]);
  expect(relativeError(snn.logits, simulated)).toBeLessThan(1e-9);
}

it('any small network trains as plain loops do, and its ANN and SNN agree', async () => {
  const property = fc.asyncProperty(cases, async (one) => {
    const parameters = await train(one);
    // Float weights between blocks don't convert, and single precision may decide otherwise behind them.
    const floats = blocksOf(one.network).some(({ weights, reads }) => reads === 'activations' && weights === 'float');
    if (one.network.precision.kind === 'quantised' && floats) return;
    await infer(one, parameters);
  });
  // Rounding may fail a case in many thousands: what everybody runs is always the same.
  const { numRuns } = fuzz(20);
  await fc.assert(property, { numRuns, ...(process.env.SPIKELINE_FUZZ === undefined ? { seed: 1 } : {}) });
});
