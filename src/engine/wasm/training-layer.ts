// One layer in training: where its gradients lie, and the kernel calls of each pass.
import { denseForward, type PlannedConvolution } from './convolution.js';
import { type BlockedMap, noBorders, outputPixels } from './geometry.js';
import { gradientBlock, gradientBorders, gradientMap } from './gradient-geometry.js';
import { chunkImages, inputGradient, type PlannedInputGradient } from './input-gradient.js';
import type { IntegerGradient, IntegerGradients } from './integer-gradient.js';
import { constants } from './kernels/constants.mjs';
import type { Layer, Quantiser } from './layer-plan.js';
import type { MemoryPlan } from './memory-plan.js';
import { planNorm } from './norm.js';
import { pixelBorders, pixelGradient, suitsPixels } from './pixel-gradient.js';
import { type Calls, type Item, itemsOfLayer, ofLayer, type Phase, split, splitBy } from './program.js';
import { integersSuffice, sparseGradient } from './sparse-gradient.js';
import { spikeForward } from './spike-forward.js';
import { tabledGradient } from './tabled-gradient.js';
import type { Tensor } from './tensors.js';
import { type Address, nowhere, times } from './units.js';
import { denseGradient, type PlannedWeightGradient } from './weight-gradient.js';

const { channelBlock } = constants;
/** Neurons of a forward item: their values of all kinds fit the second-level cache. */
const itemValues = 65536;

/** What all layers of a network in training have in common. */
export interface Training {
  readonly plan: MemoryPlan;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly quantiser: Quantiser;
  readonly batch: number;
  readonly threads: number;
  /** Where gradients are integers. */
  readonly integers: IntegerGradients | undefined;
  /** Images that tables of float gradients take side by side. */
  readonly floatLanes: number;
  /** Images of items that convolve spikes. */
  readonly together: readonly number[];
}

/** The gradient of a convolution's output, between zero borders: as floats, or as integers in their place. */
interface OutputGradient {
  readonly dy: Address;
  readonly dyMap: BlockedMap;
  readonly integer: IntegerGradient | undefined;
}

/** Memory that is a block's in its turn. */
export interface Turn {
  /** [image][pixel][channel] floats: the gradient of its activations, 0 where the neuron is closed. */
  readonly gradient: Address;
  /** Room for lists of the spikes that it sends, once all turns are over; undefined if other blocks have it then. */
  readonly lists: Address | undefined;
}

/** True if a layer adds up its weight gradient from spikes. */
const fromSpikes = ({ spikes, x }: Layer): boolean => spikes !== nowhere && x === nowhere;

/** A layer of weights: the classifier, or with what follows a block. Calls are by images where nothing else is said. */
export class TrainingLayer {
  /** Packs the weights for the forward pass, and for the backward pass. */
  readonly packForward: readonly Item[];
  readonly packBackward: readonly Item[];
  readonly convolve: Calls;
  /** Of the activations before it; there is none of the image. */
  readonly inputGradient: Calls | undefined;
  readonly weightGradient: PlannedWeightGradient;
  /** Of its output. */
  readonly gradient: OutputGradient;
  readonly #images: PlannedInputGradient['images'];

  /** @param before the block whose activations it reads; none before the first layer */
  constructor(
    protected readonly training: Training,
    readonly layer: Layer,
    readonly before: TrainingBlock | undefined,
  ) {
    this.gradient = planOutputGradient(training, layer, before !== undefined);
    const forward = planForward(training, layer);
    const backward = before && planBackward(training, layer, this.gradient, before.turn.gradient);
    this.packForward = itemsOfLayer(layer.name, forward.pack);
    this.packBackward = itemsOfLayer(layer.name, backward?.pack ?? []);
    this.convolve = this.own(forward.calls);
    this.inputGradient = backward && this.own(backward.calls);
    this.#images = backward?.images ?? { suited: chunkImages(this.gradient.dyMap), least: 1 };
    this.weightGradient = this.#ownGradient(planWeightGradient(training, layer, this.gradient, before?.turn.lists));
  }

  /** Items of the forward pass. */
  byForward(work: Calls): Phase {
    const { batch, threads, together } = this.training;
    const { ternary, g } = this.layer;
    if (ternary) return splitBy(batch, together, threads, work);
    return this.#byImages(Math.max(1, Math.floor(itemValues / (outputPixels(g) * g.outChannels))), 1, work);
  }

  /** Items of the backward pass. */
  byGradients(work: Calls): Phase {
    return this.#byImages(this.#images.suited, this.#images.least, work);
  }

  protected own(work: Calls): Calls {
    return ofLayer(this.layer.name, work);
  }

  /** Few images an item, so that what one call writes is still in the cache when the next one reads it. */
  #byImages(perItem: number, least: number, work: Calls): Phase {
    const { batch, threads } = this.training;
    return split(batch, Math.min(Math.max(threads * 4, batch / perItem), batch / least), work);
  }

  #ownGradient({ images, lists, sums, adds }: PlannedWeightGradient): PlannedWeightGradient {
    const { name } = this.layer;
    const parts = { lists: itemsOfLayer(name, lists), sums: itemsOfLayer(name, sums), adds };
    return images ? { ...parts, images: this.own(images) } : parts;
  }
}

/** A convolution with batch norm and activation behind it. */
export class TrainingBlock extends TrainingLayer {
  /** Sums over an image's pixels. */
  readonly statistics: Calls;
  /** By channels. */
  readonly batchNorm: Calls;
  readonly activate: Calls;
  readonly gradientStatistics: Calls;
  /** By channels. */
  readonly normGradient: Calls;
  /** Writes the gradient of the convolution's output. */
  readonly outputGradient: Calls;

  /**
   * @param next the layer that reads the activations
   * @param turn where their gradient is
   */
  constructor(
    training: Training,
    layer: Layer,
    before: TrainingBlock | undefined,
    next: Layer,
    readonly turn: Turn,
  ) {
    super(training, layer, before);
    const { plan, tensors, batch, quantiser } = training;
    const norm = planNorm(plan, layer, next, tensors, batch, { ...this.gradient, dx: turn.gradient }, quantiser);
    this.statistics = this.own(norm.statistics);
    this.batchNorm = this.own(norm.batchNorm);
    this.activate = this.own(norm.activate);
    this.gradientStatistics = this.own(norm.gradientStatistics);
    this.normGradient = this.own(norm.gradient);
    this.outputGradient = this.own(norm.apply);
  }

  /** Items of some channels each. */
  byChannels(work: Calls): Phase {
    const { outChannels } = this.layer.g;
    return split(outChannels, outChannels / channelBlock, work);
  }
}

/** @param passedOn whether the gradient of its input is computed from it */
function planOutputGradient(
  { plan, quantiser, batch, integers }: Training,
  layer: Layer,
  passedOn: boolean,
): OutputGradient {
  const { g, ternary } = layer;
  const ownBorders = suitsPixels(g) ? pixelBorders(g) : noBorders;
  const borders = passedOn ? gradientBorders(g) : ownBorders;
  const dyMap = gradientMap(g, fromSpikes(layer) ? gradientBlock(g, 'f32') : g.outChannels, 4, borders);
  if (integers && ternary && integersSuffice(g, quantiser.levels))
    return { dy: nowhere, dyMap, integer: integers.of(g) };
  return { dy: plan.alloc(times(batch, dyMap.imageBytes)), dyMap, integer: undefined };
}

function planForward({ plan, quantiser: { levels, n } }: Training, layer: Layer): PlannedConvolution {
  const { g, ternary, threshold, weight, spikes, x, map, z } = layer;
  return ternary
    ? spikeForward(plan, g, { w: weight.w, threshold, spikes, y: z }, levels, { scale: 1 / n })
    : denseForward(plan, g, { x, map, w: weight.w, y: z });
}

/** @param dx where the gradient of the activations before it is written */
function planBackward(
  { plan, floatLanes }: Training,
  layer: Layer,
  gradient: OutputGradient,
  dx: Address,
): PlannedInputGradient {
  const { g, ternary, threshold, weight, open } = layer;
  const buffers = { w: weight.w, threshold, dy: gradient.dy, map: gradient.dyMap, open, dx };
  return ternary ? tabledGradient(plan, g, buffers, gradient.integer, floatLanes) : inputGradient(plan, g, buffers);
}

/** @param listRoom where spikes may be listed */
function planWeightGradient(
  training: Training,
  layer: Layer,
  gradient: OutputGradient,
  listRoom: Address | undefined,
): PlannedWeightGradient {
  const { plan, batch, threads, quantiser } = training;
  const { g, x, map, spikes, weight } = layer;
  const buffers = { ...gradient, dw: weight.g };
  // Each part reads all of dy.
  if (fromSpikes(layer))
    return sparseGradient(plan, g, batch, threads, { ...buffers, spikes, listRoom }, quantiser, gradient.integer);
  return (suitsPixels(g) ? pixelGradient : denseGradient)(plan, g, batch, threads, { ...buffers, x, map });
}
