import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { purposes, RandomWords } from '../../../src/data/random.js';
import type { TensorFlow } from '../../../src/engine/tensorflow/library.js';
import { type Norm, plainOperations, type TrainingOperations } from '../../../src/engine/tensorflow/operations.js';
import { FusedOperations } from '../../../src/engine/webgpu/training/operations.js';
import type { Network, Precision } from '../../../src/network/architecture.js';
import { fp32, quantised } from '../examples.js';

/** Holds each of the fused programs to its plain form, on sizes that fill no workgroup and no chunk. */
export function describeFused(load: () => Promise<TensorFlow>): void {
  it.each([
    ['k1B2', quantised(1, 2)],
    ['fp32', fp32],
  ] as const)('normalises, activates and derives as the plain operations do: %s', async (_, precision) => {
    const tf = await load();
    const [plain, fused] = [plainOperations(tf), FusedOperations.on(tf)].map((own) => block(tf, own, precision));
    for (const [name, values] of Object.entries(await plain!)) expectClose((await fused!)[name]!, values, name);
  });

  it('makes ternary weights of the same', async () => {
    const tf = await load();
    for (const shape of [[50], [3, 3, 7, 11], [3, 3, 16, 128]]) {
      const weights = tf.tensor(
        uniform(
          shape.reduce((a, b) => a * b),
          3,
        ),
        shape,
      );
      const [plain, fused] = await Promise.all(
        [plainOperations(tf), FusedOperations.on(tf)].map((own) => own.ternary(weights).data()),
      );
      expect(fused).toEqual(plain);
      expect(new Set(fused)).toEqual(new Set([-1, 0, 1]));
    }
  });

  it('reads what programs wrote to a tensor that was read before', async () => {
    const tf = await load();
    const [w, m, v] = [1, 2, 3].map((value) => tf.variable(tf.fill([70], value)));
    const update = { optimiser: { kind: 'adam', weightDecay: 0 }, learningRate: 0.1, rate: 0.1 } as const;
    const before = (await w!.data()).slice();
    FusedOperations.on(tf).move(w!, { m: m!, v: v! }, tf.fill([70], 5), update);
    const moved = 1 - (0.1 * (2 * 0.9 + 0.5)) / (Math.sqrt(3 * 0.999 + 0.025) + 1e-8);
    expect([...before, ...(await w!.data())].map((value) => value.toFixed(5))).toEqual([
      ...Array.from({ length: 70 }, () => '1.00000'),
      ...Array.from({ length: 70 }, () => moved.toFixed(5)),
    ]);
  });
}

/** What a block makes of an input, and of a gradient. */
async function block(tf: TensorFlow, operations: TrainingOperations, precision: Precision) {
  const shape: [number, number, number, number] = [3, 5, 7, 6];
  const z = tf.tensor4d(uniform(3 * 5 * 7 * 6, 1), shape);
  const dy = tf.tensor4d(uniform(3 * 5 * 7 * 6, 2), shape);
  const of = (values: number[]): Variable => tf.variable(tf.tensor1d(values));
  const norm: Norm<Variable> = {
    gamma: of([1, -0.5, 2, 3, 0.1, 1]),
    beta: of([0.5, 0, -1, 2, 1, 0]),
    mean: of([0, 1, 2, 3, 4, 5]),
    variance: of([1, 2, 3, 4, 5, 6]),
  };
  const network = { precision } as Network;
  let y: Tensor | undefined;
  const derive = tf.grads((...[z, gamma, beta]: Tensor[]) => {
    const own = { ...norm, gamma: gamma as Variable, beta: beta as Variable };
    y = tf.keep(operations.normaliseAndActivate(network, z as Tensor4D, own));
    return y;
  });
  const [dz, gamma, beta] = derive([z, norm.gamma, norm.beta], dy);
  const all = { y: y!, dz: dz!, gamma: gamma!, beta: beta!, mean: norm.mean, variance: norm.variance };
  const read = Object.entries(all).map(async ([name, tensor]) => [name, await tensor.data()] as const);
  return Object.fromEntries(await Promise.all(read));
}

function uniform(length: number, seed: number): Float32Array {
  const words = new RandomWords({ seed, purpose: purposes.sample, stream: 0 });
  return Float32Array.from({ length }, () => 2 * words.uniform() - 1);
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, name: string): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(found[i]! - expected[i]!) / scale, `${name} ${i}`).toBeLessThan(1e-5);
  expect(scale, name).toBeGreaterThan(0);
}
