import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { elements } from '../../../formats/shape.js';
import type { ConvolutionLayer, Network, NetworkLayer } from '../../../network/architecture.js';
import type { Optimiser } from '../../../network/optimiser.js';
import { type ParameterRole, parameterName, parameterShapes } from '../../../network/parameters.js';
import type { TrainingStart } from '../../engine.js';
import type { TensorFlow } from '../../tensorflow/library.js';
import type { Update } from '../../tensorflow/operations.js';
import { copyAll, startMoments, type Trained, type Values } from '../../tensorflow/trained.js';
import { joined, type Layout, layoutOf, taken } from './layout.js';
import * as programs from './programs.js';
import { type Bound, Recorder } from './recorder.js';

type Save = (tensors: Tensor[]) => void;

/**
 * A training of which TensorFlow.js would make dozens of small programs for each layer, as a few: a block's batch norm and
 * quantiser (three, and three of its gradient), ternary weights (two, and one), the optimiser (one for everything, or one
 * for each two layers of float weights). Its programs share buffers, so that one can move all parameters.
 */
export class FusedTrained implements Trained {
  readonly #tf: TensorFlow;
  readonly #network: Network;
  readonly #recorder: Recorder;
  readonly #layout: Layout;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /** As the layout says: parameters, gradients, first and second moments. */
  readonly #w: Variable;
  readonly #g: Variable;
  readonly #m: Variable;
  readonly #v: Variable | undefined;
  readonly #own: ReadonlyMap<string, Variable>;
  /** What TensorFlow.js takes for parameters in `w`, to know that something depends on them. They have no values. */
  readonly #handles: ReadonlyMap<string, Variable>;
  /** Where there is nothing to move: bound in the place of weights and their gradient. */
  readonly #nothing: readonly [Variable, Variable];
  /** What the optimiser's programs of a step read; the step before has been given to the device, for its result was read. */
  readonly #rates: GPUBuffer;

  constructor(tf: TensorFlow, network: Network, { parameters, optimizer }: TrainingStart, optimiser: Optimiser) {
    this.#tf = tf;
    this.#network = network;
    this.#recorder = Recorder.on(tf);
    const layout = layoutOf(network);
    this.#layout = layout;
    this.#shapes = new Map(parameterShapes(network).map(({ name, shape }) => [name, shape]));
    const variable = (values: Float32Array, shape: readonly number[] = [values.length], trainable = false) =>
      tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32'), trainable));
    const start = startMoments(optimiser, optimizer);
    this.#w = variable(joined(layout.shared, layout.parameters, parameters));
    this.#g = variable(new Float32Array(layout.trained));
    this.#m = variable(joined(layout.moments, layout.momentSize, start.m));
    if (optimiser.kind !== 'sgd') this.#v = variable(joined(layout.moments, layout.momentSize, start.v));
    this.#own = new Map(
      layout.own.map(({ name, shape }) => [
        name,
        variable(parameters.get(name)?.slice() ?? new Float32Array(elements(shape)), shape, true),
      ]),
    );
    const handles = [...layout.shared].filter(([, { from }]) => from < layout.trained);
    this.#handles = new Map(handles.map(([name]) => [name, variable(new Float32Array(1), [], true)]));
    this.#nothing = [variable(new Float32Array(1)), variable(new Float32Array(1))];
    this.#rates = this.#recorder.numbers();
  }

  weights(layer: NetworkLayer): Tensor {
    const name = parameterName(layer, 'weight');
    return this.#own.get(name) ?? this.#ternary(name);
  }

  /** As `ternary` of TensorFlow.js's operations. */
  #ternary(name: string): Tensor {
    const recorder = this.#recorder;
    const weights = this.#parameter(name);
    const { size } = this.#layout.shared.get(name)!;
    return this.#tf.customGrad(() => {
      const [sums, value] = [recorder.tensor([programs.weightSums]), recorder.tensor(this.#shapes.get(name)!)];
      const numbers = recorder.constants(size, 0, 0, 0);
      recorder.run(programs.sumSizes, [weights, sums, numbers], [sums], programs.weightSums);
      recorder.run(programs.ternarise, [weights, sums, value, numbers], [value], size);
      const gradFunc = (dy: Tensor) => {
        recorder.run(programs.double, [dy, this.#gradient(name), numbers], [this.#g], size);
        return recorder.tensor([]);
      };
      return { value, gradFunc };
    })(this.#handles.get(name)!);
  }

  /** As that of TensorFlow.js's operations. */
  normaliseAndActivate(layer: ConvolutionLayer, z: Tensor4D): Tensor4D {
    const recorder = this.#recorder;
    const { precision } = this.#network;
    const channels = z.shape[3];
    const pixels = z.size / channels;
    // As many chunks as there are pixels in each: both sums are short.
    const perChunk = Math.ceil(Math.sqrt(pixels));
    const chunks = Math.ceil(pixels / perChunk);
    const size = recorder.constants(pixels, channels, perChunk, chunks);
    const name = (role: ParameterRole) => parameterName(layer, role);
    const [gamma, beta] = [this.#parameter(name('gamma')), this.#parameter(name('beta'))];
    const running = [this.#parameter(name('mean')), this.#parameter(name('variance'))];
    const block = this.#tf.customGrad((...inputs) => {
      const [z, , , save] = inputs as unknown as [Tensor, Tensor, Tensor, Save];
      const [parts, moments] = [recorder.tensor([chunks, channels, 2]), recorder.tensor([channels, 2])];
      recorder.run(programs.chunkMoments, [z, parts, size], [parts], chunks * channels);
      recorder.run(programs.batchMoments, [parts, ...running, moments, size], [this.#w, moments], channels);
      const value = recorder.tensor(z.shape);
      recorder.run(programs.activate(precision), [z, moments, gamma, beta, value, size], [value], z.size);
      save([z, moments]);
      const gradFunc = (dy: Tensor, [z, moments]: Tensor[]) => {
        const saved = [z!, moments!, gamma, beta, dy];
        const norms = [this.#gradient(name('gamma')), this.#gradient(name('beta'))];
        const sums = recorder.tensor([chunks, channels, 2]);
        recorder.run(programs.chunkGradients(precision), [...saved, sums, size], [sums], chunks * channels);
        recorder.run(programs.normGradients, [sums, ...norms, size], [this.#g], channels);
        const dz = recorder.tensor(dy.shape);
        recorder.run(programs.inputGradient(precision), [...saved, ...norms, dz, size], [dz], dz.size);
        return [dz, recorder.tensor([]), recorder.tensor([])];
      };
      return { value, gradFunc };
    });
    return block(z, this.#handles.get(name('gamma'))!, this.#handles.get(name('beta'))!) as Tensor4D;
  }

  step(loss: () => Scalar, update: Update): Scalar {
    const { value, grads } = this.#tf.variableGrads(loss, [...this.#handles.values(), ...this.#own.values()]);
    this.#tellRates(update);
    const { trained, own, moments } = this.#layout;
    // All that shares a buffer, and two tensors besides; then two at a time.
    for (let first = 0, shared = trained; first === 0 || first < own.length; first += 2, shared = 0) {
      const pair = [own[first], own[first + 1]].map((parameter) => {
        if (parameter === undefined) return { size: 0, from: 0, bound: [...this.#nothing], written: [] };
        const weights = this.#own.get(parameter.name)!;
        return { ...moments.get(parameter.name)!, bound: [weights, grads[weights.name]!], written: [weights] };
      });
      const [one, two] = pair as [(typeof pair)[0], (typeof pair)[0]];
      const state = [this.#w, this.#g, this.#m, ...(this.#v ? [this.#v] : [])];
      this.#recorder.run(
        programs.moveAll(update.optimiser),
        [
          ...[...state, ...one.bound, ...two.bound],
          ...[this.#recorder.constants(shared, one.from, one.size, two.from, two.size, 0, 0, 0), this.#rates],
        ],
        [...state, ...one.written, ...two.written],
        shared + one.size + two.size,
      );
    }
    return value;
  }

  async parameters(): Promise<Values> {
    // Waited for at once: on a device that is lost all of them fail.
    const [all, own] = await Promise.all([this.#w.data<'float32'>(), copyAll(this.#own)]);
    const values = new Map([...taken(this.#layout.shared, all), ...own]);
    // In the order of checkpoints.
    return new Map([...this.#shapes.keys()].map((name) => [name, values.get(name)!]));
  }

  async moments(): Promise<{ readonly m: Values; readonly v?: Values }> {
    const names = [...this.#shapes.keys()].filter((name) => this.#layout.moments.has(name));
    const ofAll = async (moments: Variable) => {
      const all = taken(this.#layout.moments, await moments.data<'float32'>());
      return new Map(names.map((name) => [name, all.get(name)!]));
    };
    const [m, v] = await Promise.all([ofAll(this.#m), this.#v && ofAll(this.#v)]);
    return v === undefined ? { m } : { m, v };
  }

  dispose(): void {
    const shared = [this.#w, this.#g, this.#m, ...(this.#v ? [this.#v] : [])];
    this.#tf.dispose([...shared, ...this.#own.values(), ...this.#handles.values(), ...this.#nothing]);
    this.#rates.destroy();
  }

  #parameter(name: string): Bound {
    return { tensor: this.#w, ...this.#layout.shared.get(name)! };
  }

  #gradient(name: string): Bound {
    return { tensor: this.#g, ...this.#layout.shared.get(name)! };
  }

  /** How far the optimiser goes; decay in the gradient; what a parameter keeps, or SGD's momentum. */
  #tellRates({ optimiser, learningRate, rate }: Update): void {
    const { kind, weightDecay } = optimiser;
    const rates = {
      adam: [rate, weightDecay, 1],
      adamw: [rate, 0, 1 - learningRate * weightDecay],
      sgd: [learningRate, weightDecay, kind === 'sgd' ? optimiser.momentum : 0],
    }[kind];
    this.#recorder.write(this.#rates, Float32Array.of(...rates, 0));
  }
}
