import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { ConvolutionLayer, Network, NetworkLayer } from '../../network/architecture.js';
import { type Optimiser, type OptimiserState, stateFor } from '../../network/optimiser.js';
import { type ParameterRole, type ParameterShape, parameterName, parameterShapes } from '../../network/parameters.js';
import type { TrainingStart } from '../engine.js';
import type { TensorFlow } from './library.js';
import { type Moments, move, normaliseAndActivate, ternary, type Update } from './operations.js';

/** Values of tensors by their names. */
export type Values = Map<string, Float32Array>;

/**
 * The parameters and moments of a training, where they are computed with; and what of a step depends on how they lie there
 * or takes many of TensorFlow.js's operations, so that an engine may have its own programs for it.
 */
export interface Trained {
  /** The weights that a layer computes with: ternary, or as they are. */
  weights(layer: NetworkLayer): Tensor;
  /** What a block makes of its convolution: batch norm, which follows the batch, and activation. */
  normaliseAndActivate(layer: ConvolutionLayer, z: Tensor4D): Tensor4D;
  /** Computes a loss, of which each of the two above is a part at most once for a layer, and moves all that is trained. */
  step(loss: () => Scalar, update: Update): Scalar;
  parameters(): Promise<Values>;
  /** SGD has no second ones. */
  moments(): Promise<{ readonly m: Values; readonly v?: Values }>;
  dispose(): void;
}

/** Moments to start with: those of the state, if the optimiser can go on with it. */
export function startMoments(
  optimiser: Optimiser,
  state: OptimiserState | undefined,
): { readonly m?: ReadonlyMap<string, Float32Array>; readonly v?: ReadonlyMap<string, Float32Array> } {
  const fitting = stateFor(optimiser, state);
  if (fitting === undefined) return {};
  return fitting.kind === 'sgd' ? { m: fitting.m } : { m: fitting.m, v: fitting.v };
}

/** All of it by TensorFlow.js's operations, one after the other, on a variable for each tensor. */
export class PlainTrained implements Trained {
  readonly #tf: TensorFlow;
  readonly #network: Network;
  readonly #values = new Map<string, Variable>();
  readonly #ternary = new Set<string>();
  readonly #moments = new Map<string, Moments>();

  constructor(tf: TensorFlow, network: Network, { parameters, optimizer }: TrainingStart, optimiser: Optimiser) {
    this.#tf = tf;
    this.#network = network;
    const variable = ({ shape }: ParameterShape, values?: Float32Array, trainable = false) =>
      tf.tidy(() => tf.variable(values ? tf.tensor(values, [...shape], 'float32') : tf.zeros([...shape]), trainable));
    const start = startMoments(optimiser, optimizer);
    for (const shape of parameterShapes(network)) {
      const { name, trainable } = shape;
      this.#values.set(name, variable(shape, parameters.get(name), trainable));
      if (shape.ternary) this.#ternary.add(name);
      if (!trainable) continue;
      const m = variable(shape, start.m?.get(name));
      this.#moments.set(name, optimiser.kind === 'sgd' ? { m } : { m, v: variable(shape, start.v?.get(name)) });
    }
  }

  weights(layer: NetworkLayer): Tensor {
    const weights = this.#value(layer, 'weight');
    return this.#ternary.has(parameterName(layer, 'weight')) ? ternary(this.#tf, weights) : weights;
  }

  normaliseAndActivate(layer: ConvolutionLayer, z: Tensor4D): Tensor4D {
    const of = (role: ParameterRole) => this.#value(layer, role);
    const norm = { gamma: of('gamma'), beta: of('beta'), mean: of('mean'), variance: of('variance') };
    return normaliseAndActivate(this.#tf, this.#network, z, norm);
  }

  step(loss: () => Scalar, update: Update): Scalar {
    const trained = [...this.#moments.keys()].map((name) => this.#values.get(name)!);
    const { value, grads } = this.#tf.variableGrads(loss, trained);
    for (const [name, moments] of this.#moments) {
      const parameter = this.#values.get(name)!;
      move(this.#tf, parameter, moments, grads[parameter.name]!, update);
    }
    return value;
  }

  parameters(): Promise<Values> {
    return copyAll(this.#values);
  }

  async moments(): Promise<{ readonly m: Values; readonly v?: Values }> {
    const all = (field: keyof Moments) =>
      copyAll(
        new Map([...this.#moments].flatMap(([name, { [field]: one }]) => (one === undefined ? [] : [[name, one]]))),
      );
    const [m, v] = await Promise.all([all('m'), all('v')]);
    return v.size === 0 ? { m } : { m, v };
  }

  dispose(): void {
    this.#tf.dispose([
      ...this.#values.values(),
      ...[...this.#moments.values()].flatMap(({ m, v }) => (v ? [m, v] : m)),
    ]);
  }

  #value(layer: NetworkLayer, role: ParameterRole): Variable {
    return this.#values.get(parameterName(layer, role))!;
  }
}

/** Copies, for on some backends a tensor gives its own memory away. */
export async function copyAll(tensors: ReadonlyMap<string, Tensor>): Promise<Values> {
  const copies = [...tensors].map(async ([name, tensor]) => [name, (await tensor.data<'float32'>()).slice()] as const);
  return new Map(await Promise.all(copies));
}
