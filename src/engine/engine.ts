import type { Network } from '../network/architecture.js';
import type { AdamState } from '../network/checkpoint.js';
import type { SpikingNetwork } from '../spiking/network.js';

/** Tensors by name, as `parameterShapes` of `network/parameters.ts` lists them. */
export type Parameters = ReadonlyMap<string, Float32Array>;

export interface EngineOptions {
  /** Images a call takes at most. */
  readonly batch: number;
  /** Threads that share the work. Results don't depend on it. */
  readonly threads: number;
}

/**
 * In what the backward pass of ternary layers computes: single precision, as in the paper; or integers, where each layer's
 * gradient is rounded to the nearest multiple of a power of two, in 16 bits for the input gradient and in 12 for the
 * weights'. Layers with float weights and batch norm compute in single precision either way.
 */
export const gradientTypes = ['float32', 'int16'] as const;
export type GradientType = (typeof gradientTypes)[number];

export interface TrainerOptions extends EngineOptions {
  /** `float32` when left out. */
  readonly gradients?: GradientType;
}

/** Trains one network: forward, backward, Adam. */
export interface Trainer {
  /**
   * One step on a full batch.
   * @param images [batch][H][W][C] as the network takes them
   * @param labels class numbers, one an image
   * @returns mean loss over the batch and the number of images whose largest logit was the label's
   */
  step(images: Float32Array, labels: Int32Array, learningRate: number): { loss: number; correct: number };
  /** A copy of the parameters as they are now, ternary layers as latent floats. */
  parameters(): Map<string, Float32Array>;
  optimizer(): AdamState;
  close(): Promise<void>;
}

/** Inference of the ANN with running statistics, in floating point. */
export interface Evaluator {
  /**
   * @param images [count][H][W][C]
   * @returns logits [count][classes], valid until the next call; `levels` of each quantised block (n times its
   *   activations, [count][H][W][C]) when asked for
   */
  evaluate(images: Float32Array, count: number, wantLevels?: boolean): Inference;
  /** Goes on with other parameters of the same network. */
  load(parameters: Parameters): void;
  close(): Promise<void>;
}

/** Spikes of layer 1 are deleted, each independently with this probability, by random numbers of (seed, image). */
export interface Noise {
  readonly probability: number;
  readonly seed: number;
  /** Number of a call's first image in the data set. */
  readonly firstImage: number;
}

/** Simulation of the spiking network in one time step: integer membranes, thresholds, spikes. */
export interface Simulator {
  /**
   * @param images [count][H][W][C], as for the ANN
   */
  simulate(
    images: Float32Array,
    count: number,
    noise?: Noise,
    wantSpikes?: boolean,
  ): Inference & { readonly counts: readonly LayerCounts[] };
  close(): Promise<void>;
}

export interface Inference {
  /** [count][classes], double precision. */
  readonly logits: Float64Array;
  /** Per block: spike counts or activation levels of all neurons, [count][H][W][C]. */
  readonly levels: readonly Uint8Array[];
}

/** Sums over the images of a call. */
export interface LayerCounts {
  readonly name: string;
  /** Spikes that the block sends out. */
  readonly spikes: number;
  /** Additions of its input spikes, zero weights included; the encoding layer counts none. */
  readonly eventOperations: number;
  /** Additions of its input spikes to non-zero weights only. */
  readonly effectiveOperations: number;
}

/** What stages compute with. Knows networks and arrays, nothing of pipelines. */
export interface Engine {
  readonly name: string;
  trainer(network: Network, start: TrainingStart, options: TrainerOptions): Promise<Trainer>;
  evaluator(network: Network, parameters: Parameters, options: EngineOptions): Promise<Evaluator>;
}

/** An engine that simulates spiking networks, too. */
export interface SpikingEngine extends Engine {
  simulator(network: SpikingNetwork, options: EngineOptions): Promise<Simulator>;
}

export interface TrainingStart {
  readonly parameters: Parameters;
  /** Moments to go on with; fresh ones when left out. */
  readonly optimizer?: AdamState;
}
