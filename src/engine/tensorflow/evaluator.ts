import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Network, NetworkLayer } from '../../network/architecture.js';
import { method } from '../../network/method.mjs';
import { type ParameterRole, parameterName, parameterShapes } from '../../network/parameters.js';
import { spikesPerUnit } from '../../network/precision.js';
import { ternarise } from '../../network/ternary.js';
import { unreachable } from '../../unreachable.js';
import type { Evaluator, Inference, Parameters } from '../engine.js';
import type { TensorFlow } from './library.js';
import { activate, convolve } from './operations.js';

/** Inference of the network on TensorFlow, in single precision throughout. */
export class TensorFlowEvaluator implements Evaluator {
  readonly #tf: TensorFlow;
  readonly #network: Network;
  #values = new Map<string, Tensor>();

  constructor(tf: TensorFlow, network: Network, parameters: Parameters) {
    this.#tf = tf;
    this.#network = network;
    this.#set(parameters);
  }

  async load(parameters: Parameters): Promise<void> {
    this.#set(parameters);
  }

  #set(parameters: Parameters): void {
    this.#tf.dispose([...this.#values.values()]);
    this.#values = new Map(
      parameterShapes(this.#network).map(({ name, shape, ternary }) => {
        const values = parameters.get(name)!;
        const used = ternary ? Float32Array.from(ternarise(values, shape.at(-1)!)) : values.slice();
        return [name, this.#tf.tensor(used, [...shape], 'float32')];
      }),
    );
  }

  async evaluate(images: Float32Array, count: number, wantLevels = false): Promise<Inference> {
    const [logits, ...levels] = this.#tf.tidy(() => {
      const blocks: Tensor[] = [];
      return [this.#logits(images, count, wantLevels ? blocks : undefined), ...blocks];
    });
    const values = await Promise.all([logits, ...levels].map((tensor) => tensor.data()));
    this.#tf.dispose([logits, ...levels]);
    return { logits: Float64Array.from(values[0]!), levels: values.slice(1).map((level) => Uint8Array.from(level)) };
  }

  /** @param levels takes the levels of each quantised block */
  #logits(images: Float32Array, count: number, levels: Tensor[] | undefined): Tensor {
    const { input, layers } = this.#network;
    const size = input.reduce((product, length) => product * length, count);
    // A copy, for a backend may keep the memory that it is given, and the next batch is filled in here.
    const x: Tensor = this.#tf.tensor4d(images.slice(0, size), [count, ...input]);
    return layers.reduce((values, layer) => this.#forward(layer, values, levels), x);
  }

  #forward(layer: NetworkLayer, x: Tensor, levels: Tensor[] | undefined): Tensor {
    const tf = this.#tf;
    const { precision } = this.#network;
    const of = (role: ParameterRole) => this.#values.get(parameterName(layer, role))!;
    switch (layer.kind) {
      case 'convolution': {
        const z = convolve(tf, layer, x as Tensor4D, of('weight') as Tensor4D);
        const deviation = tf.sqrt(tf.add(of('variance'), method.batchNormEpsilon));
        const y = tf.add(tf.div(tf.mul(of('gamma'), tf.sub(z, of('mean'))), deviation), of('beta'));
        const activations = activate(tf, this.#network, y);
        if (precision.kind === 'quantised') levels?.push(tf.mul(activations, spikesPerUnit(precision.k)));
        return activations;
      }
      case 'classifier':
        return tf.matMul(tf.reshape(x, [x.shape[0], -1]), of('weight'));
      default:
        return unreachable(layer);
    }
  }

  close(): Promise<void> {
    this.#tf.dispose([...this.#values.values()]);
    this.#values = new Map();
    return Promise.resolve();
  }
}
