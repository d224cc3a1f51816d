import type { Network } from '../network/architecture.js';
import type { Optimiser, OptimiserState } from '../network/optimiser.js';
import type { SpikingNetwork } from '../spiking/network.js';
import type { SpikeNoise } from '../spiking/noise.js';

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
  /** Adam as in the paper when left out. */
  readonly optimizer?: Optimiser;
}

/** Trains one network: forward, backward, the optimiser. Its calls are made one after the other, each when the last one is done. */
export interface Trainer {
  /**
   * One step on a full batch.
   * @param images [batch][H][W][C] as the network takes them
   * @param labels class numbers, one an image
   * @returns mean loss over the batch and the number of images whose largest logit was the label's
   */
  step(images: Float32Array, labels: Int32Array, learningRate: number): Promise<StepResult>;
  /**
   * Brings the batch of the next step to where it is computed, while this step computes. An engine that has this has copied
   * a batch when `step` returns its promise.
   */
  ahead?(images: Float32Array, labels: Int32Array): void;
  /** A copy of the parameters as they are now, ternary layers as latent floats. */
  parameters(): Promise<Map<string, Float32Array>>;
  optimizer(): Promise<OptimiserState>;
  close(): Promise<void>;
}

/** Mean loss of a batch, and the number of its images that the network got right. */
export interface StepResult {
  readonly loss: number;
  readonly correct: number;
}

/** Inference of the ANN with running statistics, in floating point. */
export interface Evaluator {
  /**
   * @param images [count][H][W][C]
   * @returns logits [count][classes], valid until the next call; `levels` of each quantised block (n times its
   *   activations, [count][H][W][C]) when asked for
   */
  evaluate(images: Float32Array, count: number, wantLevels?: boolean): Promise<Inference>;
  /** Goes on with other parameters of the same network. */
  load(parameters: Parameters): Promise<void>;
  close(): Promise<void>;
}

export interface SimulatorOptions extends EngineOptions {
  /** What disturbs each layer that sends spikes, in their order; nothing if left out. */
  readonly noise?: readonly SpikeNoise[];
}

/** Whose random words noise takes: those of (seed, image), so that neither threads nor batches matter. */
export interface Draw {
  readonly seed: number;
  /** Number of a call's first image in the data set. */
  readonly firstImage: number;
}

/** Simulation of the spiking network in one time step: integer membranes, thresholds, spikes. */
export interface Simulator {
  /**
   * @param images [count][H][W][C], as for the ANN
   * @param draw what a simulator with noise needs, and one without ignores
   */
  simulate(images: Float32Array, count: number, draw?: Draw, wantSpikes?: boolean): Promise<Simulation>;
  close(): Promise<void>;
}

export interface Inference {
  /** [count][classes], double precision. */
  readonly logits: Float64Array;
  /** Per block: spike counts or activation levels of all neurons, [count][H][W][C]. */
  readonly levels: readonly Uint8Array[];
}

export interface Simulation extends Inference {
  /** Of the encoding layer and each layer after it. */
  readonly counts: readonly LayerCounts[];
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

/** What an engine may be able to do, and its method for it. */
const methods = { train: 'trainer', evaluate: 'evaluator', simulate: 'simulator' } as const;
export type Capability = keyof typeof methods;
export const capabilities = Object.keys(methods) as readonly Capability[];

/**
 * What stages compute with. It knows networks and arrays, nothing of pipelines. It can do what it has methods for; their
 * code is loaded when they are called.
 */
export interface Engine {
  /** As `--engine` and keys call it; fit for a file's name. */
  readonly name: string;
  readonly identity: EngineIdentity;
  /** What its trainers compute gradients in. */
  readonly gradientTypes: readonly GradientType[];
  /**
   * True if its evaluator may round a neuron to another level than its simulator has: what holds the two to each other
   * needs an engine that does not.
   */
  readonly roundsLevels?: boolean;
  /**
   * The name of the graphics processor that it computes on, which one task at a time is to have. Missing if it computes on none.
   * @param choice what a stage says of its name
   * @throws {UserError} E_ENGINE where it can't be used on this machine, E_GPU_CHOICE where there is none of that name
   */
  processor?(choice?: string): Promise<string>;
  /**
   * Tries it on this machine.
   * @param choice what a stage says of its graphics processor
   */
  describe(choice?: string): Promise<EngineDescription>;
  /**
   * Makes what it is faster with on this machine. Without that it is made when it is first missed.
   * @param tell is given a line before it takes a while
   * @param anew true if it is made even where it is there
   */
  prepare?(tell: (line: string) => void, anew: boolean): Promise<void>;
  /** What this process has computed with, where that can be one thing or another of the same bits; undefined before. */
  used?(): Promise<string | undefined>;
  trainer?(network: Network, start: TrainingStart, options: TrainerOptions): Promise<Trainer>;
  evaluator?(network: Network, parameters: Parameters, options: EngineOptions): Promise<Evaluator>;
  simulator?(network: SpikingNetwork, options: SimulatorOptions): Promise<Simulator>;
}

/** An engine that has these capabilities for certain. */
export type Able<C extends Capability> = Engine & Required<Pick<Engine, (typeof methods)[C]>>;

/** @param needs what it is to be able to do, one beside the other */
export function isAble<C extends Capability>(engine: Engine, needs: readonly C[]): engine is Able<C> {
  const all: readonly Capability[] = needs;
  const holdsLevels = all.includes('evaluate') && all.includes('simulate');
  return all.every((need) => engine[methods[need]] !== undefined) && !(holdsLevels && engine.roundsLevels === true);
}

/** What of an engine can change a result: all of it becomes its fingerprint, which enters keys. */
export interface EngineIdentity {
  /** Source files from the package's folder on: their code counts, with all that they import. */
  readonly sources: readonly string[];
  /** Folders of sources, from the package's folder on, that change how fast it is and no result. */
  readonly ignored?: readonly string[];
  /** Files of the build, from its folder on. */
  readonly files?: readonly string[];
  /**
   * Versions of what is not part of the package, by name.
   * @param choice what a stage says of its graphics processor
   * @throws {UserError} E_ENGINE where it can't be used on this machine
   */
  libraries?(choice?: string): Promise<Readonly<Record<string, string>>>;
}

/** What an engine is on this machine, for people. */
export interface EngineDescription {
  readonly usable: boolean;
  /** Such as `TensorFlow 2.9.1 on the CPU`; what is wrong with it where it can't be used. */
  readonly text: string;
  /** How it is told what to compute on, where there is a choice. */
  readonly choice?: string;
}

export interface TrainingStart {
  readonly parameters: Parameters;
  /** Moments to go on with; fresh ones when left out, or when they are another optimiser's. */
  readonly optimizer?: OptimiserState;
}
