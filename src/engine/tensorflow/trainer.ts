import type { Scalar, Tensor, Tensor1D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Network, NetworkLayer } from '../../network/architecture.js';
import {
  type AdamCounters,
  countersOf,
  nextUpdate,
  type Optimiser,
  type OptimiserState,
  stateFor,
} from '../../network/optimiser.js';
import { unreachable } from '../../unreachable.js';
import type { StepResult, Trainer, TrainingStart } from '../engine.js';
import type { TensorFlow } from './library.js';
import { convolve } from './operations.js';
import { PlainTrained, type Trained } from './trained.js';

/** Images and labels of a step, as tensors. */
interface BatchTensors {
  readonly x: Tensor4D;
  readonly y: Tensor1D;
}

/** Trains a network on TensorFlow, in single precision. What a step makes is gone when it ends. */
export class TensorFlowTrainer implements Trainer {
  readonly #tf: TensorFlow;
  readonly #network: Network;
  readonly #batch: number;
  readonly #trained: Trained;
  /** Images of the last step that the network got right. */
  readonly #correct: Variable;
  readonly #optimiser: Optimiser;
  /** The batch of the next step, and the array that it was made of. */
  #ahead: (BatchTensors & { readonly images: Float32Array }) | undefined;
  #counters: AdamCounters;

  constructor(
    tf: TensorFlow,
    network: Network,
    start: TrainingStart,
    batch: number,
    optimiser: Optimiser,
    trained: Trained = new PlainTrained(tf, network, start, optimiser),
  ) {
    this.#tf = tf;
    this.#trained = trained;
    this.#optimiser = optimiser;
    this.#network = network;
    this.#batch = batch;
    this.#correct = tf.tidy(() => tf.variable(tf.scalar(0, 'int32'), false));
    this.#counters = countersOf(stateFor(optimiser, start.optimizer));
  }

  /** Makes tensors of the batch of the next step. @returns them, to be brought to a device */
  prepare(images: Float32Array, labels: Int32Array): readonly Tensor[] {
    this.#forget();
    const { x, y } = this.#tensors(images, labels);
    this.#ahead = { x, y, images };
    return [x, y];
  }

  async step(images: Float32Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    const tf = this.#tf;
    const { counters, rate } = nextUpdate(this.#counters, learningRate);
    this.#counters = counters;
    const result = tf.tidy(() => {
      const { x, y } = this.#ahead?.images === images ? this.#ahead : this.#tensors(images, labels);
      const loss = this.#trained.step(() => this.#loss(x, y), { optimiser: this.#optimiser, learningRate, rate });
      // Both at once: to read from a device takes a while.
      return tf.stack([loss, tf.cast(this.#correct, 'float32')]);
    });
    this.#forget();
    const [loss, correct] = await result.data();
    tf.dispose(result);
    return { loss: loss!, correct: correct! };
  }

  parameters(): Promise<Map<string, Float32Array>> {
    return this.#trained.parameters();
  }

  async optimizer(): Promise<OptimiserState> {
    const { m, v } = await this.#trained.moments();
    return v === undefined ? { kind: 'sgd', m } : { kind: 'adam', ...this.#counters, m, v };
  }

  close(): Promise<void> {
    this.#forget();
    this.#trained.dispose();
    this.#tf.dispose(this.#correct);
    return Promise.resolve();
  }

  /** Copies, for a backend may keep the memory that it is given, and the next batch is filled in here. */
  #tensors(images: Float32Array, labels: Int32Array): BatchTensors {
    const size = this.#network.input.reduce((product, length) => product * length, this.#batch);
    return {
      x: this.#tf.tensor4d(images.slice(0, size), [this.#batch, ...this.#network.input]),
      y: this.#tf.tensor1d(labels.slice(0, this.#batch), 'int32'),
    };
  }

  #forget(): void {
    if (this.#ahead !== undefined) this.#tf.dispose([this.#ahead.x, this.#ahead.y]);
    this.#ahead = undefined;
  }

  /** Mean softmax cross-entropy over the batch. */
  #loss(images: Tensor4D, labels: Tensor): Scalar {
    const tf = this.#tf;
    const logits = this.#network.layers.reduce((x: Tensor, layer) => this.#forward(layer, x), images);
    this.#correct.assign(tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'int32')));
    const target = tf.oneHot(labels, this.#network.classes);
    return tf.neg<Scalar>(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)));
  }

  #forward(layer: NetworkLayer, x: Tensor): Tensor {
    const tf = this.#tf;
    const weights = this.#trained.weights(layer);
    switch (layer.kind) {
      case 'convolution': {
        const z = convolve(tf, layer, x as Tensor4D, weights as Tensor4D);
        return this.#trained.normaliseAndActivate(layer, z);
      }
      case 'classifier':
        return tf.matMul(tf.reshape(x, [this.#batch, -1]), weights);
      default:
        return unreachable(layer);
    }
  }
}
