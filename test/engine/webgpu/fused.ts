import type { Rank, Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { purposes, RandomWords } from '../../../src/data/random.js';
import type { TensorFlow } from '../../../src/engine/tensorflow/library.js';
import { PlainTrained, type Trained } from '../../../src/engine/tensorflow/trained.js';
import { FusedTrained } from '../../../src/engine/webgpu/training/trained.js';
import type { ConvolutionLayer, Network, Precision } from '../../../src/network/architecture.js';
import type { AdamState, Optimiser } from '../../../src/network/optimiser.js';
import { parameterShapes } from '../../../src/network/parameters.js';
import { customNetwork, fp32, liveParameters, quantised } from '../examples.js';

const optimisers: readonly Optimiser[] = [
  { kind: 'adam', weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1 },
  { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0.1 },
  { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0 },
];

/**
 * Of sizes that fill no workgroup and no chunk. The weights of its first block can stand for a map of six channels, so that
 * what is derived of them is that of the map; at fp32 there are three layers of float weights, an odd number.
 */
const networkOf = (precision: Precision) =>
  customNetwork(
    [5, 7, 7],
    [
      { kernel: [3, 5], channels: 6 },
      { kernel: [3, 3], channels: 11 },
    ],
    precision,
  );

/** Holds each of the fused programs to its plain form. */
export function describeFused(load: () => Promise<TensorFlow>): void {
  const cases = optimisers.flatMap((optimiser) =>
    [quantised(1, 2), fp32].map((precision) => ({ ...optimiser, precision, optimiser })),
  );
  it.each(cases)('derives and moves as the plain operations do: $precision.kind $kind', async (one) => {
    const tf = await load();
    const network = networkOf(one.precision);
    const start = { parameters: liveParameters(network, 3), optimizer: moments(network, one.optimiser) };
    const [plain, fused] = await Promise.all(
      [PlainTrained, FusedTrained].map((Kind) =>
        stepOf(tf, network, new Kind(tf, network, start, one.optimiser), one.optimiser),
      ),
    );
    expect(Object.keys(fused!)).toEqual(Object.keys(plain!));
    for (const [name, values] of Object.entries(plain!)) expectClose(fused![name]!, values, name);
    if (one.precision.kind === 'quantised') {
      expect(fused!.ternary).toEqual(plain!.ternary);
      expect(new Set(Array.from(fused!.ternary!))).toEqual(new Set([-1, 0, 1]));
    }
  });

  it('leaves no tensors behind: none after a step, none after closing', async () => {
    const tf = await load();
    const network = networkOf(quantised(1, 2));
    const adam: Optimiser = { kind: 'adam', weightDecay: 0 };
    const before = tf.memory().numTensors;
    const trained = new FusedTrained(tf, network, { parameters: liveParameters(network, 3) }, adam);
    await stepOf(tf, network, trained, adam);
    expect(tf.memory().numTensors).toBe(before);
  });
}

/** What a step of each layer makes, and leaves: the loss is the sum of all that layers give, each times some number. */
async function stepOf(
  tf: TensorFlow,
  network: Network,
  trained: Trained,
  optimiser: Optimiser,
): Promise<Record<string, ArrayLike<number>>> {
  const [block, other, classifier] = network.layers as unknown as [ConvolutionLayer, ConvolutionLayer, never];
  const kept: Tensor[] = [];
  const times = (value: Tensor, seed: number) =>
    tf.sum(tf.mul(value, tf.tensor(uniform(value.size, seed), value.shape)));
  const loss = () => {
    const activated = trained.normaliseAndActivate(block, trained.weights(block) as Tensor4D);
    const ternary = trained.weights(other);
    kept.push(...[activated, ternary].map((tensor) => tf.keep(tf.mul(tensor, 1))));
    const map = tf.reshape<Rank.R4>(trained.weights(classifier), [1, 5, 2, 11]);
    const all = [times(activated, 1), times(ternary, 2), times(trained.normaliseAndActivate(other, map), 4)];
    return tf.sum(tf.stack(all)) as unknown as Scalar;
  };
  const value = tf.tidy(() => trained.step(loss, { optimiser, learningRate: 0.1, rate: 0.05 }));
  // What programs write is read where something was read before.
  await trained.parameters();
  tf.dispose(tf.tidy(() => trained.step(loss, { optimiser, learningRate: 0.2, rate: 0.1 })));
  const [y, ternary] = await Promise.all(kept.map((tensor) => tensor.data()));
  const result: Record<string, ArrayLike<number>> = { loss: await value.data(), y: y!, ternary: ternary! };
  const parts = { parameters: await trained.parameters(), ...(await trained.moments()) };
  for (const [part, tensors] of Object.entries(parts))
    for (const [name, values] of tensors) result[`${part} ${name}`] = values;
  tf.dispose([value, ...kept]);
  trained.dispose();
  return result;
}

/** Moments that are large beside a gradient: from none, Adam would make whole steps of what is rounding in a gradient. */
function moments(network: Network, { kind }: Optimiser): AdamState | { kind: 'sgd'; m: AdamState['m'] } {
  const shapes = parameterShapes(network).filter(({ trainable }) => trainable);
  const all = (value: number, seed: number) =>
    new Map(
      shapes.map(({ name, shape }, i) => [
        name,
        uniform(
          shape.reduce((a, b) => a * b),
          seed + i,
        ).map((one) => value * (1.5 + one)),
      ]),
    );
  if (kind === 'sgd') return { kind, m: all(1, 10) };
  return { kind: 'adam', step: 3, beta1Power: 0.9 ** 3, beta2Power: 0.999 ** 3, m: all(1, 10), v: all(1, 50) };
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
