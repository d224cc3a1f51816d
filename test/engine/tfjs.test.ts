import '@tensorflow/tfjs-backend-cpu';
// Without the union package, gradients have to be registered by hand.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network, Precision } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { ternaryThreshold } from '../../src/network/ternary.js';
import { batchOf, customNetwork, fp32, imageOf, liveParameters, quantised } from './examples.js';
import { referenceStep } from './reference-trainer.js';

/** Q(W) whose gradient is the identity's: automatic differentiation then gives dQ. */
const ternary = (weights: tf.Tensor, threshold: number): tf.Tensor =>
  tf.customGrad((w) => ({
    value: tf.sub(
      tf.cast(tf.greaterEqual(w as tf.Tensor, threshold), 'float32'),
      tf.cast(tf.lessEqual(w as tf.Tensor, -threshold), 'float32'),
    ),
    gradFunc: (dy) => dy,
  }))(weights);

/** ReLU, clip and median quantisation; gradient 1 for 0 < y ≤ B. */
const quantise = (y: tf.Tensor, n: number, B: number): tf.Tensor =>
  tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as (tensors: tf.Tensor[]) => void)([input]);
    const value = tf.div(tf.floor(tf.add(tf.mul(tf.clipByValue(input, 0, B), n), 0.5)), n);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
      tf.mul(dy, tf.cast(tf.logicalAnd(tf.greater(saved!, 0), tf.lessEqual(saved!, B)), 'float32'));
    return { value, gradFunc: gradFunc };
  })(y);

function gradients(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
  labels: Int32Array,
) {
  const shapes = parameterShapes(network).filter(({ trainable }) => trainable);
  const tensors = shapes.map(({ name, shape }) => tf.tensor(parameters.get(name)!, [...shape]));
  const batch = labels.length;
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const of = (name: string) => values[shapes.findIndex((shape) => shape.name === name)]!;
    let x: tf.Tensor = tf.tensor(images, [batch, ...network.input]);
    for (const layer of blocksOf(network)) {
      const latent = of(`${layer.name}.weight`);
      const w =
        layer.weights === 'ternary'
          ? ternary(latent, ternaryThreshold(parameters.get(`${layer.name}.weight`)!, layer.output[2]))
          : latent;
      const z = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, layer.stride, layer.padding[0] > 0 ? 'same' : 'valid');
      const { mean, variance } = tf.moments(z, [0, 1, 2]);
      const hat = tf.div(tf.sub(z, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const y = tf.add(tf.mul(hat, of(`${layer.name}.gamma`)), of(`${layer.name}.beta`));
      const { precision } = network;
      x = precision.kind === 'fp32' ? tf.relu(y) : quantise(y, 2 ** precision.k, precision.B);
    }
    const logits = tf.matMul(tf.reshape(x, [batch, -1]), of('dense.weight'));
    const target = tf.oneHot(tf.tensor1d(labels, 'int32'), network.classes);
    return tf.neg<tf.Scalar>(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)));
  };
  const { value, grads } = tf.valueAndGrads(loss)(tensors);
  return {
    loss: value.dataSync()[0]!,
    gradients: new Map(shapes.map(({ name }, i) => [name, grads[i]!.dataSync<'float32'>()])),
  };
}

/** Each kind of layer once: TensorFlow.js without its library takes seconds for more. */
const small = (precision: Precision): Network =>
  customNetwork(
    [8, 8, 3],
    [
      { kernel: [3, 3], padding: [1, 1], channels: 16 },
      { kernel: [2, 2], stride: 2, channels: 24 },
      { kernel: [2, 2], channels: 16 },
    ],
    precision,
  );

describe('gradients agree with automatic differentiation in TensorFlow.js', () => {
  for (const [label, network] of [
    ['a small network k1B2', small(quantised(1, 2))],
    ['a small network k0B1', small(quantised(0, 1))],
    ['a small network fp32', small(fp32)],
  ] as const)
    it(label, async () => {
      const batch = 2;
      // Decisions that single precision takes differently would compare two networks: take data without any.
      let seed = 1;
      let data = batchOf(network, batch, seed);
      const margin = () => {
        const all = Array.from({ length: batch }, (_, i) => imageOf(network, data.images, i));
        return referenceStep(network, liveParameters(network, seed), all, [...data.labels]).margin;
      };
      while (margin() < 2e-6) data = batchOf(network, batch, ++seed);
      const parameters = liveParameters(network, seed);
      const expected = gradients(network, parameters, data.images, data.labels);
      const trainer = await WasmTrainer.create(network, { parameters }, { batch, threads: 1 });
      const { loss } = await trainer.step(data.images, data.labels, 1e-3);
      const found = trainer.gradients();
      await trainer.close();
      expect(loss).toBeCloseTo(expected.loss, 4);
      for (const [name, values] of expected.gradients) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - found.get(name)![i]!)), 0);
        expect(error / largest, name).toBeLessThan(5e-3);
      }
    });
});
