import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Network, NetworkLayer } from '../../network/architecture.js';
import {
  type AdamCounters,
  countersOf,
  nextUpdate,
  type Optimiser,
  type OptimiserState,
  stateFor,
} from '../../network/optimiser.js';
import { type ParameterRole, type ParameterShape, parameterName, parameterShapes } from '../../network/parameters.js';
import { unreachable } from '../../unreachable.js';
import type { StepResult, Trainer, TrainingStart } from '../engine.js';
import type { TensorFlow } from './library.js';
import { convolve, type Moments, type Norm, plainOperations, type TrainingOperations } from './operations.js';

/** Trains a network on TensorFlow, in single precision. What a step makes is gone when it ends. */
export class TensorFlowTrainer implements Trainer {
  readonly #tf: TensorFlow;
  readonly #network: Network;
  readonly #batch: number;
  readonly #values = new Map<string, Variable>();
  readonly #moments = new Map<string, Moments>();
  /** Images of the last step that the network got right. */
  readonly #correct: Variable;
  readonly #optimiser: Optimiser;
  readonly #operations: TrainingOperations;
  #counters: AdamCounters;

  constructor(
    tf: TensorFlow,
    network: Network,
    { parameters, optimizer }: TrainingStart,
    batch: number,
    optimiser: Optimiser,
    operations: TrainingOperations = plainOperations(tf),
  ) {
    this.#tf = tf;
    this.#operations = operations;
    this.#optimiser = optimiser;
    this.#network = network;
    this.#batch = batch;
    const variable = ({ shape }: ParameterShape, values?: Float32Array, trainable = false) =>
      tf.tidy(() => tf.variable(values ? tf.tensor(values, [...shape], 'float32') : tf.zeros([...shape]), trainable));
    const state = stateFor(optimiser, optimizer);
    for (const shape of parameterShapes(network)) {
      const { name, trainable } = shape;
      this.#values.set(name, variable(shape, parameters.get(name), trainable));
      if (!trainable) continue;
      const m = variable(shape, state?.m.get(name));
      const second = state?.kind === 'adam' ? state.v.get(name) : undefined;
      this.#moments.set(name, optimiser.kind === 'sgd' ? { m } : { m, v: variable(shape, second) });
    }
    this.#correct = tf.tidy(() => tf.variable(tf.scalar(0, 'int32'), false));
    this.#counters = countersOf(state);
  }

  async step(images: Float32Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    const tf = this.#tf;
    const result = tf.tidy(() => {
      const size = this.#network.input.reduce((product, length) => product * length, this.#batch);
      // Copies, for a backend may keep the memory that it is given, and the next batch is filled in here.
      const x = tf.tensor4d(images.slice(0, size), [this.#batch, ...this.#network.input]);
      const y = tf.tensor1d(labels.slice(0, this.#batch), 'int32');
      const trained = [...this.#moments.keys()].map((name) => this.#values.get(name)!);
      const { value, grads } = tf.variableGrads(() => this.#loss(x, y), trained);
      this.#update(grads, learningRate);
      // Both at once: to read from a device takes a while.
      return tf.stack([value, tf.cast(this.#correct, 'float32')]);
    });
    const [loss, correct] = await result.data();
    tf.dispose(result);
    return { loss: loss!, correct: correct! };
  }

  parameters(): Promise<Map<string, Float32Array>> {
    return copyAll(this.#values);
  }

  async optimizer(): Promise<OptimiserState> {
    const all = (field: keyof Moments) =>
      copyAll(new Map([...this.#moments].map(([name, moments]) => [name, moments[field]!])));
    if (this.#optimiser.kind === 'sgd') return { kind: 'sgd', m: await all('m') };
    const [m, v] = await Promise.all([all('m'), all('v')]);
    return { kind: 'adam', ...this.#counters, m, v };
  }

  close(): Promise<void> {
    const variables = [
      ...this.#values.values(),
      ...[...this.#moments.values()].flatMap(({ m, v }) => (v ? [m, v] : [m])),
    ];
    this.#tf.dispose([...variables, this.#correct]);
    return Promise.resolve();
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
    const weights = this.#value(parameterName(layer, 'weight'));
    switch (layer.kind) {
      case 'convolution': {
        const w = (layer.weights === 'ternary' ? this.#operations.ternary(weights) : weights) as Tensor4D;
        const z = convolve(tf, layer, x as Tensor4D, w);
        return this.#operations.normaliseAndActivate(this.#network, z, this.#norm(layer));
      }
      case 'classifier':
        return tf.matMul(tf.reshape(x, [this.#batch, -1]), weights);
      default:
        return unreachable(layer);
    }
  }

  #update(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const { counters, rate } = nextUpdate(this.#counters, learningRate);
    this.#counters = counters;
    for (const [name, moments] of this.#moments) {
      const value = this.#value(name);
      this.#operations.move(value, moments, gradients[value.name]!, { optimiser: this.#optimiser, learningRate, rate });
    }
  }

  #value(name: string): Variable {
    return this.#values.get(name)!;
  }

  #norm(layer: NetworkLayer): Norm<Variable> {
    const of = (role: ParameterRole) => this.#value(parameterName(layer, role));
    return { gamma: of('gamma'), beta: of('beta'), mean: of('mean'), variance: of('variance') };
  }
}

/** Copies, for on some backends a tensor gives its own memory away. */
async function copyAll(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, Float32Array>> {
  const copies = [...tensors].map(async ([name, tensor]) => [name, (await tensor.data<'float32'>()).slice()] as const);
  return new Map(await Promise.all(copies));
}
