import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Network } from '../../../network/architecture.js';
import type { TensorFlow } from '../../tensorflow/library.js';
import {
  type Moments,
  type Norm,
  plainOperations,
  type TrainingOperations,
  type Update,
} from '../../tensorflow/operations.js';
import * as programs from './programs.js';
import { Recorder } from './recorder.js';

type Save = (tensors: Tensor[]) => void;

/**
 * The operations of a training step of which TensorFlow.js makes dozens of small programs, as a few: a block's batch norm
 * and quantiser (three, and three of its gradient), ternary weights (two), Adam (one a parameter).
 */
export class FusedOperations implements TrainingOperations {
  static readonly #known = new WeakMap<TensorFlow, FusedOperations>();
  readonly #tf: TensorFlow;
  readonly #recorder: Recorder;
  readonly #plain: TrainingOperations;
  /** What Adam's programs of a step read, and what was written there last. */
  readonly #numbers: GPUBuffer;
  #written = '';

  private constructor(tf: TensorFlow) {
    this.#tf = tf;
    this.#recorder = new Recorder(tf);
    this.#plain = plainOperations(tf);
    this.#numbers = this.#recorder.numbers();
  }

  /** Those of a TensorFlow.js: its trainers share their programs. */
  static on(tf: TensorFlow): FusedOperations {
    const known = FusedOperations.#known.get(tf) ?? new FusedOperations(tf);
    FusedOperations.#known.set(tf, known);
    return known;
  }

  ternary(weights: Tensor): Tensor {
    const recorder = this.#recorder;
    return this.#tf.customGrad((...[latent]) => {
      const w = latent as Tensor;
      const [sums, value] = [recorder.tensor([programs.weightSums]), recorder.tensor(w.shape)];
      const size = recorder.constants(w.size, 0, 0, 0);
      recorder.run(programs.sumSizes, [w, sums, size], [sums], programs.weightSums);
      recorder.run(programs.ternarise, [w, sums, value, size], [value], w.size);
      return { value, gradFunc: (dy: Tensor) => this.#tf.mul(dy, 2) };
    })(weights);
  }

  normaliseAndActivate({ precision }: Network, z: Tensor4D, running: Norm<Variable>): Tensor4D {
    const recorder = this.#recorder;
    const channels = z.shape[3];
    const pixels = z.size / channels;
    // As many chunks as there are pixels in each: both sums are short.
    const perChunk = Math.ceil(Math.sqrt(pixels));
    const chunks = Math.ceil(pixels / perChunk);
    const size = recorder.constants(pixels, channels, perChunk, chunks);
    const block = this.#tf.customGrad((...inputs) => {
      const [z, gamma, beta, save] = inputs as unknown as [Tensor, Tensor, Tensor, Save];
      const [parts, moments] = [recorder.tensor([chunks, channels, 2]), recorder.tensor([channels, 2])];
      const { mean, variance } = running;
      recorder.run(programs.chunkMoments, [z, parts, size], [parts], chunks * channels);
      const results = [mean, variance, moments];
      recorder.run(programs.batchMoments, [parts, ...results, size], results, channels);
      const value = recorder.tensor(z.shape);
      recorder.run(programs.activate(precision), [z, moments, gamma, beta, value, size], [value], z.size);
      save([z, moments, gamma, beta]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const sums = recorder.tensor([chunks, channels, 2]);
        recorder.run(programs.chunkGradients(precision), [...saved, dy, sums, size], [sums], chunks * channels);
        const norms = [recorder.tensor([channels]), recorder.tensor([channels])];
        recorder.run(programs.normGradients, [sums, ...norms, size], norms, channels);
        const dz = recorder.tensor(dy.shape);
        recorder.run(programs.inputGradient(precision), [...saved, dy, ...norms, dz, size], [dz], dz.size);
        return [dz, ...norms];
      };
      return { value, gradFunc };
    });
    return block(z, running.gamma, running.beta) as Tensor4D;
  }

  move(value: Variable, moments: Moments, gradient: Tensor, update: Update): void {
    const { optimiser, learningRate, rate } = update;
    const { m, v } = moments;
    if (optimiser.kind === 'sgd' || v === undefined) {
      this.#plain.move(value, moments, gradient, update);
      return;
    }
    const { weightDecay } = optimiser;
    const [decay, kept] = optimiser.kind === 'adamw' ? [0, 1 - learningRate * weightDecay] : [weightDecay, 1];
    this.#tellStep([rate, decay, kept]);
    this.#recorder.run(programs.moveByAdam, [value, m, v, gradient, this.#numbers], [value, m, v], value.size);
  }

  /** Numbers of a step are written once; the step before has been given to the device, for its result was read. */
  #tellStep(numbers: readonly number[]): void {
    if (this.#written === numbers.join()) return;
    this.#recorder.write(this.#numbers, Float32Array.of(...numbers, 0));
    this.#written = numbers.join();
  }
}
