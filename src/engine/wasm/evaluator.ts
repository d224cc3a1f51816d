import type { ConvolutionLayer, Network, NetworkLayer } from '../../network/architecture.js';
import { method } from '../../network/method.mjs';
import { type ParameterRole, parameterName } from '../../network/parameters.js';
import { unreachable } from '../../unreachable.js';
import type { EngineOptions, Evaluator, Inference, Parameters } from '../engine.js';
import { denseForward, realForward } from './convolution.js';
import { outputPixels, padChannels } from './geometry.js';
import { ImageWriter, type Layer, planLayers, quantiser } from './layer-plan.js';
import { MemoryPlan } from './memory-plan.js';
import { Pool } from './pool.js';
import { type Calls, calls, type Item, inOrder, ofLayer, type Program, split } from './program.js';
import { planTensors, type Tensor } from './tensors.js';
import { thresholdPhases } from './ternary-thresholds.js';
import type { Observer } from './threads.js';
import { type Address, behind, bytes, nowhere } from './units.js';

/** Programs of the pool: weights once, then images. */
const [prepare, infer] = [0, 1];

interface EvaluationPlan {
  readonly programs: readonly Program[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly layers: readonly Layer[];
  /** Classifier's logits in double precision, [image][padded classes]. */
  readonly logits: Address;
  readonly blocks: readonly PlannedBlock[];
}

/** What follows a convolution. */
interface PlannedBlock {
  readonly layer: ConvolutionLayer;
  readonly channels: number;
  /** Doubles per channel: γ, β, mean, √(variance + ε). */
  readonly norm: Address;
  /** Its activations' levels. */
  readonly levels: Address;
  readonly calls: Calls;
}

/**
 * Inference of the network in floating point, as any framework would do it: dense convolutions of real activations,
 * batch norm, ReLU, clip, round. Layer 1, batch norm and classifier are computed in double precision; the convolutions
 * between them add small multiples of 1/n, which single precision holds exactly.
 */
export class WasmEvaluator implements Evaluator {
  private constructor(
    private readonly network: Network,
    private readonly plan: EvaluationPlan,
    private readonly pool: Pool,
    private readonly images: ImageWriter,
  ) {}

  /** @param observer is told of every kernel call, all of which are then made by the calling thread */
  static async create(
    network: Network,
    parameters: Parameters,
    options: EngineOptions,
    observer?: Observer,
  ): Promise<WasmEvaluator> {
    const memoryPlan = new MemoryPlan();
    const plan = planEvaluation(memoryPlan, network, options);
    const pool = await Pool.start(memoryPlan, plan.programs, options.threads, observer);
    const images = new ImageWriter(network, pool.memory.buffer, plan.layers[0]!, options.batch);
    const evaluator = new WasmEvaluator(network, plan, pool, images);
    await evaluator.load(parameters);
    return evaluator;
  }

  async load(parameters: Parameters): Promise<void> {
    const { buffer } = this.pool.memory;
    for (const tensor of this.plan.tensors.values())
      new Float32Array(buffer, tensor.w, tensor.count).set(tensor.pad(parameters.get(tensor.name)!));
    for (const { layer, norm, channels } of this.plan.blocks) {
      const values = new Float64Array(buffer, norm, channels * 4);
      values.fill(1, channels * 3);
      const role = (name: ParameterRole) => parameters.get(parameterName(layer, name))!;
      values.set(role('gamma'), 0);
      values.set(role('beta'), channels);
      values.set(role('mean'), channels * 2);
      values.set(
        Float64Array.from(role('variance'), (variance) => Math.sqrt(variance + method.batchNormEpsilon)),
        channels * 3,
      );
    }
    this.pool.run(prepare);
  }

  async evaluate(images: Float32Array, count: number, wantLevels = false): Promise<Inference> {
    this.images.write(images, count, 1);
    this.pool.run(infer);
    const { buffer } = this.pool.memory;
    const { blocks, logits } = this.plan;
    return {
      logits: unpadLogits(buffer, logits, this.network.classes, count),
      levels: wantLevels ? blocks.map(({ layer, levels }) => unpadLevels(buffer, levels, layer, count)) : [],
    };
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

/** [count][classes] of [batch][padded classes]. */
export function unpadLogits(buffer: SharedArrayBuffer, address: number, classes: number, count: number): Float64Array {
  const padded = padChannels(classes);
  const all = new Float64Array(buffer, address, count * padded);
  const logits = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) logits.set(all.subarray(i * padded, i * padded + classes), i * classes);
  return logits;
}

/** Levels or spikes of a block's neurons without padding channels. */
export function unpadLevels(
  buffer: SharedArrayBuffer,
  address: number,
  block: Pick<ConvolutionLayer, 'output'>,
  count: number,
): Uint8Array {
  const [height, width, channels] = block.output;
  const padded = padChannels(channels);
  const pixels = count * height * width;
  const all = new Uint8Array(buffer, address, pixels * padded);
  if (padded === channels) return all.slice();
  const levels = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) levels.set(all.subarray(i * padded, i * padded + channels), i * channels);
  return levels;
}

function planEvaluation(plan: MemoryPlan, network: Network, { batch, threads }: EngineOptions): EvaluationPlan {
  const tensors = planTensors(plan, network);
  const layers = planLayers(plan, network, tensors, batch, true);
  const doubles = layers.map(({ of, g }) =>
    sumsDoubles(of) ? plan.doubles(batch * outputPixels(g) * g.outChannels) : nowhere,
  );
  const ternary: Item[] = [];
  const weights = layers.map(({ weight: { w, count }, threshold }) => {
    if (!threshold) return w;
    const q = plan.floats(count);
    const descriptor = plan.descriptor('Ternarise', { w, threshold, q });
    ternary.push(calls('ternarise', descriptor)(0, count / 4));
    return q;
  });
  const convolutions = layers.map((layer, i) => {
    const { g, x, map } = layer;
    const w = weights[i]!;
    return doubles[i]
      ? realForward(plan, g, { x, map, w, y: doubles[i] })
      : denseForward(plan, g, { x, map, w, y: layer.z });
  });
  const blocks = layers.map((layer, i) => planBlock(plan, network, layer, doubles[i]!, layers[i + 1]));
  const images = inOrder(
    ...layers.map(({ name }, i) => ofLayer(name, inOrder(convolutions[i]!.calls, blocks[i]?.calls))),
  );
  const programs = [
    [...thresholdPhases(plan, layers), ternary, convolutions.flatMap(({ pack }) => pack)],
    [split(batch, threads * 8, images)],
  ];
  return { programs, tensors, layers, logits: doubles.at(-1)!, blocks: blocks.flatMap((block) => block ?? []) };
}

/** True if its sums are of real numbers that single precision would round. */
function sumsDoubles(layer: NetworkLayer): boolean {
  switch (layer.kind) {
    case 'convolution':
      return layer.reads === 'pixels';
    case 'classifier':
      return true;
    default:
      return unreachable(layer);
  }
}

/**
 * Batch norm and activation behind a convolution.
 * @param doubles its sums, where they are in double precision
 * @param next the layer that reads the activations
 */
function planBlock(
  plan: MemoryPlan,
  network: Network,
  { of: layer, g, z }: Layer,
  doubles: Address,
  next: Layer | undefined,
): PlannedBlock | undefined {
  switch (layer.kind) {
    case 'convolution': {
      const { spikes, x, xOffsets, map } = next!;
      const channels = padChannels(layer.output[2]);
      const norm = plan.doubles(channels * 4);
      const row = (index: number) => behind(norm, bytes(index * channels * 8));
      const { n, levels } = quantiser(network);
      const descriptor = plan.descriptor('ActivateReal', {
        z: doubles || z,
        doubles: doubles !== nowhere,
        ...{ gamma: row(0), beta: row(1), mean: row(2), deviation: row(3) },
        ...{ spikes, x, xImage: map.imageBytes, xOffsets },
        ...{ pixels: outputPixels(g), channels, n, levels },
      });
      return { layer, channels, norm, levels: spikes, calls: calls('activateReal', descriptor) };
    }
    case 'classifier':
      return undefined;
    default:
      return unreachable(layer);
  }
}
