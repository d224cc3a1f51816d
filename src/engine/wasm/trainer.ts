import type { Network } from '../../network/architecture.js';
import {
  type AdamCounters,
  countersOf,
  type Optimiser,
  type OptimiserState,
  paperOptimiser,
  stateFor,
} from '../../network/optimiser.js';
import type { StepResult, Trainer, TrainerOptions, TrainingStart } from '../engine.js';
import { ImageWriter } from './layer-plan.js';
import { MemoryPlan } from './memory-plan.js';
import { chooseNative } from './native/choice.js';
import { rateCount, stepRates } from './optimiser.js';
import { Pool } from './pool.js';
import type { Tensor } from './tensors.js';
import type { Observer } from './threads.js';
import { planTraining, type TrainingPlan } from './training-plan.js';

/** Trains a network on the WASM kernels. Everything is laid out once; a step allocates nothing. */
export class WasmTrainer implements Trainer {
  readonly #batch: number;
  readonly #pool: Pool;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #images: ImageWriter;
  readonly #labels: Int32Array;
  readonly #losses: Float64Array;
  readonly #hits: Int32Array;
  readonly #rates: Float32Array;
  readonly #optimiser: Optimiser;
  #counters: AdamCounters;

  private constructor(
    network: Network,
    { batch, optimizer = paperOptimiser }: TrainerOptions,
    layout: TrainingPlan,
    pool: Pool,
    start: TrainingStart,
  ) {
    this.#batch = batch;
    this.#optimiser = optimizer;
    this.#pool = pool;
    this.#tensors = layout.tensors;
    const { buffer } = pool.memory;
    this.#images = new ImageWriter(network, buffer, layout.layers[0]!, batch);
    this.#labels = new Int32Array(buffer, layout.labels, batch);
    this.#losses = new Float64Array(buffer, layout.losses, batch);
    this.#hits = new Int32Array(buffer, layout.hits, batch);
    this.#rates = new Float32Array(buffer, layout.rates, rateCount);
    const state = stateFor(optimizer, start.optimizer);
    for (const tensor of layout.tensors.values()) {
      this.#values(tensor, 'w').set(tensor.pad(start.parameters.get(tensor.name)!));
      if (state === undefined || !tensor.trainable) continue;
      this.#values(tensor, 'm').set(tensor.pad(state.m.get(tensor.name)!));
      if (state.kind === 'adam') this.#values(tensor, 'v').set(tensor.pad(state.v.get(tensor.name)!));
    }
    this.#counters = countersOf(state);
  }

  /** @param observer is told of every kernel call, all of which are then made by the calling thread */
  static async create(
    network: Network,
    start: TrainingStart,
    options: TrainerOptions,
    observer?: Observer,
  ): Promise<WasmTrainer> {
    const plan = new MemoryPlan();
    const { level } = await chooseNative();
    const layout = planTraining(plan, network, options, level);
    const pool = await Pool.start(plan, [layout.program], options.threads, observer);
    return new WasmTrainer(network, options, layout, pool, start);
  }

  async step(images: Float32Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    this.#images.write(images, this.#batch, 1);
    this.#labels.set(labels.subarray(0, this.#batch));
    const { counters, rates } = stepRates(this.#optimiser, this.#counters, learningRate);
    this.#counters = counters;
    this.#rates.set(rates);
    this.#pool.run(0);
    let [loss, correct] = [0, 0];
    for (let i = 0; i < this.#batch; i++) {
      loss += this.#losses[i]!;
      correct += this.#hits[i]!;
    }
    return { loss: loss / this.#batch, correct };
  }

  async parameters(): Promise<Map<string, Float32Array>> {
    return this.#copies([...this.#tensors.values()], 'w');
  }

  async optimizer(): Promise<OptimiserState> {
    const trained = [...this.#tensors.values()].filter(({ trainable }) => trainable);
    const m = this.#copies(trained, 'm');
    if (this.#optimiser.kind === 'sgd') return { kind: 'sgd', m };
    return { kind: 'adam', ...this.#counters, m, v: this.#copies(trained, 'v') };
  }

  /** Gradients of the last step: for ternary layers with respect to Q(W), before the factor 2. */
  gradients(): Map<string, Float32Array> {
    return this.#copies(
      [...this.#tensors.values()].filter(({ trainable }) => trainable),
      'g',
    );
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #copies(tensors: readonly Tensor[], field: 'w' | 'g' | 'm' | 'v'): Map<string, Float32Array> {
    return new Map(tensors.map((tensor) => [tensor.name, tensor.unpad(this.#values(tensor, field))]));
  }

  #values(tensor: Tensor, field: 'w' | 'g' | 'm' | 'v'): Float32Array {
    return new Float32Array(this.#pool.memory.buffer, tensor[field], tensor.count);
  }
}
