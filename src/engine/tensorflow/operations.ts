import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Convolution, Network } from '../../network/architecture.js';
import { adam, method } from '../../network/method.mjs';
import type { Optimiser } from '../../network/optimiser.js';
import { spikesPerUnit } from '../../network/precision.js';
import type { TensorFlow } from './library.js';

type Save = (tensors: Tensor[]) => void;

/** Of a parameter; SGD has no second ones. */
export interface Moments {
  readonly m: Variable;
  readonly v?: Variable;
}

export interface Update {
  readonly optimiser: Optimiser;
  readonly learningRate: number;
  /** What Adam makes of it in this step. */
  readonly rate: number;
}

/**
 * Q(W) with t = 0.7·mean|W| over the whole tensor; gradient dW = 2·dQ, and nothing through t.
 * The mean is taken in single precision, so t may differ in the last bit from `network/ternary.ts`, which inference uses.
 */
export function ternary(tf: TensorFlow, weights: Tensor): Tensor {
  return tf.customGrad((...[latent]) => {
    const w = latent as Tensor;
    const threshold = tf.mul(tf.mean(tf.abs(w)), method.ternaryShare);
    const above = tf.cast(tf.greaterEqual(w, threshold), 'float32');
    const below = tf.cast(tf.lessEqual(w, tf.neg(threshold)), 'float32');
    return { value: tf.sub(above, below), gradFunc: (dy: Tensor) => tf.mul(dy, 2) };
  })(weights);
}

/** Convolution with the layer's stride and padding. */
export function convolve(tf: TensorFlow, { kernel, stride, padding }: Convolution, x: Tensor4D, w: Tensor4D): Tensor4D {
  const [vertical, horizontal] = padding;
  if (vertical === 0 && horizontal === 0) return tf.conv2d(x, w, stride, 'valid');
  if (stride === 1 && 2 * vertical === kernel[0] - 1 && 2 * horizontal === kernel[1] - 1)
    return tf.conv2d(x, w, stride, 'same');
  const borders: [number, number][] = [
    [0, 0],
    [vertical, vertical],
    [horizontal, horizontal],
    [0, 0],
  ];
  return tf.conv2d(tf.pad(x, borders), w, stride, 'valid');
}

/** ReLU, and where the network is quantised ⌊n·min(y, B) + ½⌋/n, of y = BN(z). */
export function activate(tf: TensorFlow, { precision }: Pick<Network, 'precision'>, y: Tensor): Tensor {
  if (precision.kind === 'fp32') return tf.relu(y);
  const n = spikesPerUnit(precision.k);
  return tf.div(tf.floor(tf.add(tf.mul(tf.clipByValue(y, 0, precision.B), n), 0.5)), n);
}

/** Parameters of batch norm, one value a channel. */
export interface Norm<T> {
  readonly gamma: T;
  readonly beta: T;
  readonly mean: T;
  readonly variance: T;
}

/**
 * Batch norm with the batch's statistics, ReLU, clip and quantiser of a block. Gradient: 1 for 0 < y ≤ B, else 0, then
 * that of batch norm. The running statistics move by a tenth towards the batch's, the variance being the biased one.
 */
export function normaliseAndActivate(tf: TensorFlow, network: Network, z: Tensor4D, norm: Norm<Variable>): Tensor4D {
  const { precision } = network;
  const bound = precision.kind === 'fp32' ? Number.POSITIVE_INFINITY : precision.B;
  const block = tf.customGrad((...inputs) => {
    const [z, gamma, beta, save] = inputs as unknown as [Tensor, Tensor, Tensor, Save];
    const count = z.size / z.shape.at(-1)!;
    const mean = tf.div(sumByChannel(tf, z), count);
    const centred = tf.sub(z, mean);
    const variance = tf.div(sumByChannel(tf, tf.square(centred)), count);
    follow(tf, norm.mean, mean);
    follow(tf, norm.variance, variance);
    const inverse = tf.div(1, tf.sqrt(tf.add(variance, method.batchNormEpsilon)));
    const hat = tf.mul(centred, inverse);
    const y = tf.add(tf.mul(hat, gamma), beta);
    save([hat, y, tf.mul(gamma, inverse)]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [hat, y, scale] = saved as [Tensor, Tensor, Tensor];
      const passes = tf.greater(y, 0);
      const mask = Number.isFinite(bound) ? tf.logicalAnd(passes, tf.lessEqual(y, bound)) : passes;
      const g = tf.mul(dy, tf.cast(mask, 'float32'));
      const betaGradient = sumByChannel(tf, g);
      const gammaGradient = sumByChannel(tf, tf.mul(g, hat));
      const rest = tf.add(tf.mul(hat, tf.div(gammaGradient, count)), tf.div(betaGradient, count));
      return [tf.mul(tf.sub(g, rest), scale), gammaGradient, betaGradient];
    };
    return { value: activate(tf, network, y), gradFunc };
  });
  return block(z, norm.gamma, norm.beta) as Tensor4D;
}

/** Sums over images and pixels, axis by axis: a single sum in single precision would lose more digits. */
function sumByChannel(tf: TensorFlow, values: Tensor): Tensor {
  return tf.sum(tf.sum(tf.sum(values, 2), 1), 0);
}

function follow(tf: TensorFlow, running: Variable, batch: Tensor): void {
  running.assign(tf.add(tf.mul(running, method.runningShare), tf.mul(batch, 1 - method.runningShare)));
}

/** Moves a parameter and its moments by one step of the optimiser. */
export function move(
  tf: TensorFlow,
  value: Variable,
  { m, v }: Moments,
  own: Tensor,
  { optimiser, learningRate, rate }: Update,
): void {
  const { kind, weightDecay } = optimiser;
  const { beta1, beta2, epsilon } = adam;
  const gradient = kind === 'adamw' || weightDecay === 0 ? own : tf.add(own, tf.mul(value, weightDecay));
  if (optimiser.kind === 'sgd') {
    m.assign(tf.add(tf.mul(m, optimiser.momentum), gradient));
    const step = optimiser.nesterov ? tf.add(gradient, tf.mul(m, optimiser.momentum)) : m;
    value.assign(tf.sub(value, tf.mul(step, learningRate)));
    return;
  }
  m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
  v!.assign(tf.add(tf.mul(v!, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
  const kept = kind === 'adamw' ? tf.mul(value, 1 - learningRate * weightDecay) : value;
  value.assign(tf.sub(kept, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v!), epsilon))));
}
