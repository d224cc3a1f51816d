import type { Network } from '../../network/architecture.js';
import type { TrainerOptions } from '../engine.js';
import { denseForward } from './convolution.js';
import { gradientBlock, gradientMap, outputPixels } from './geometry.js';
import { chunkImages, inputGradient, type PlannedInputGradient } from './input-gradient.js';
import { planIntegerGradient } from './integer-gradient.js';
import { type Layer, planLayers, quantiser } from './layers.js';
import type { MemoryPlan } from './memory-plan.js';
import { planNorm } from './norm.js';
import { pixelGradient, suitsPixels } from './pixel-gradient.js';
import { type Call, type Item, ofLayer, type Phase, type Program, split, splitBy } from './program.js';
import { spikeForward } from './spike-forward.js';
import { forwardLanes } from './tabled-forward.js';
import { tabledGradient } from './tabled-gradient.js';
import { planTensors, type Tensor } from './tensors.js';
import { denseGradient, integersSuffice, type PlannedWeightGradient, sparseGradient } from './weight-gradient.js';

/** Does a layer add up its weight gradient from spikes? */
const fromSpikes = ({ spikes, x }: Layer): boolean => spikes !== 0 && x === 0;

/** Addresses and the program of one training step. */
export interface TrainingPlan {
  readonly program: Program;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly layers: readonly Layer[];
  readonly labels: number;
  readonly losses: number;
  readonly hits: number;
  readonly rates: number;
  readonly scratchBytes: number;
}

/** Channels whose statistics one item takes. */
const channelsPerItem = 16;
/** Neurons of a forward item: their values of all kinds fit the second-level cache. */
const itemValues = 65536;
/** Channels whose weights one item adds up. */
const channelsPerSum = 256;
/** Groups of four weights that one item of the optimiser takes. */
const adamGroups = 8192;

export function planTraining(plan: MemoryPlan, network: Network, options: TrainerOptions): TrainingPlan {
  const { batch, threads } = options;
  const quantised = quantiser(network);
  const { n, levels } = quantised;
  const tensors = planTensors(plan, network, true);
  const layers = planLayers(plan, network, tensors, batch, false);
  const blocks = layers.slice(0, -1);
  const classifier = layers.at(-1)!;

  const gradients = layers.map((layer) => {
    const { g, ternary } = layer;
    const dyMap = gradientMap(g, fromSpikes(layer) ? gradientBlock(g, 32) : g.outChannels);
    const integer =
      options.gradients === 'int16' && ternary && integersSuffice(g, levels)
        ? planIntegerGradient(plan, g, batch)
        : undefined;
    return { dyMap, dy: integer ? 0 : plan.alloc(batch * dyMap.imageBytes), integer };
  });
  // Gradients of activations live from one layer to the next only: two buffers in turn.
  const largest = Math.max(...blocks.map(({ g }) => outputPixels(g) * g.outChannels)) * 4 * batch;
  const turns = [plan.alloc(largest), plan.alloc(largest)];
  const dxOf = (index: number) => turns[index % 2]!;

  const weightsOf = ({ weight, threshold }: Layer) => ({ w: weight.w, threshold });
  const forward = layers.map((layer) =>
    layer.ternary
      ? spikeForward(plan, layer.g, { ...weightsOf(layer), spikes: layer.spikes, y: layer.z }, levels, { scale: 1 / n })
      : denseForward(plan, layer.g, { x: layer.x, map: layer.map, w: layer.weight.w, y: layer.z }),
  );
  const norms = blocks.map((layer, i) =>
    planNorm(plan, layer, layers[i + 1]!, tensors, batch, { ...gradients[i]!, dx: dxOf(i) }, quantised),
  );
  const backward = layers.map((layer, i): PlannedInputGradient | undefined => {
    if (i === 0) return undefined;
    const { dy, dyMap, integer } = gradients[i]!;
    const buffers = { ...weightsOf(layer), dy, map: dyMap, open: layer.open, dx: dxOf(i - 1) };
    return layer.ternary ? tabledGradient(plan, layer.g, buffers, integer) : inputGradient(plan, layer.g, buffers);
  });
  // Each part of a weight gradient reads all of dy.
  const parts = threads;
  const weightGradients = layers.map((layer, i): PlannedWeightGradient => {
    const { g, x, map, spikes } = layer;
    const buffers = { ...gradients[i]!, dw: layer.weight.g };
    if (fromSpikes(layer))
      return sparseGradient(plan, g, batch, parts, { ...buffers, spikes }, levels, n, buffers.integer);
    return (suitsPixels(g) ? pixelGradient : denseGradient)(plan, g, batch, parts, { ...buffers, x, map });
  });

  const [labels, losses, hits, rates] = [4, 8, 4, 4].map((bytes) => plan.alloc(bytes * Math.max(batch, 8)));
  const loss = plan.descriptor('SoftmaxLoss', {
    logits: classifier.z,
    labels: labels!,
    gradient: gradients.at(-1)!.dy,
    losses: losses!,
    hits: hits!,
    classes: network.classes,
    stride: classifier.g.outChannels,
    scale: 1 / batch,
  });

  /** Few images an item, so that what one call writes is still in the cache when the next one reads it. */
  const byImages = (perItem: number, work: (lo: number, hi: number) => Call[], least = 1): Phase =>
    split(batch, Math.min(Math.max(threads * 4, batch / perItem), batch / least), work);
  const byGradients = (i: number, work: (lo: number, hi: number) => Call[]): Phase => {
    const { suited, least } = backward[i]?.images ?? { suited: chunkImages(gradients[i]!.dyMap), least: 1 };
    return byImages(suited, work, least);
  };
  const forwardImages = (i: number): number =>
    Math.max(1, Math.floor(itemValues / (outputPixels(layers[i]!.g) * layers[i]!.g.outChannels)));
  const byForward = (i: number, work: (lo: number, hi: number) => Call[]): Phase =>
    layers[i]!.ternary ? splitBy(batch, forwardLanes, threads, work) : byImages(forwardImages(i), work);
  const byChannels = ({ name, g }: Layer, work: (lo: number, hi: number) => Call[]): Phase =>
    ofLayer(name, split(g.outChannels, g.outChannels / channelsPerItem, work));
  /** Calls of several layers in one item. */
  const calls = (index: number, own: readonly Call[]): readonly Call[] => ofLayer(layers[index]!.name, [own])[0]!;

  const packs = [forward, backward].flatMap((convolutions) =>
    convolutions.flatMap((conv, i) => ofLayer(layers[i]!.name, conv?.pack ?? [])),
  );
  const program: Phase[] = [...thresholdPhases(plan, layers), packs];
  for (const [i, block] of blocks.entries()) {
    program.push(
      byForward(i, (lo, hi) => [
        ...(i > 0 ? calls(i - 1, norms[i - 1]!.activate(lo, hi)) : []),
        ...calls(i, forward[i]!.calls(lo, hi)),
        ...calls(i, norms[i]!.statistics(lo, hi)),
      ]),
      byChannels(block, norms[i]!.batchNorm),
    );
  }
  const last = blocks.length - 1;
  program.push(
    byGradients(last + 1, (lo, hi) => [
      ...calls(last, norms[last]!.activate(lo, hi)),
      ...calls(last + 1, forward[last + 1]!.calls(lo, hi)),
      ...calls(last + 1, [{ kernel: 'softmaxLoss', descriptor: loss, lo, hi }]),
      ...calls(last + 1, backward[last + 1]!.calls(lo, hi)),
      ...calls(last, norms[last]!.gradientStatistics(lo, hi)),
    ]),
  );
  for (let i = last; i >= 0; i--) {
    program.push(
      byChannels(blocks[i]!, norms[i]!.gradient),
      byGradients(i, (lo, hi) => [
        ...calls(i, norms[i]!.apply(lo, hi)),
        ...calls(i, backward[i]?.calls(lo, hi) ?? []),
        ...calls(i, weightGradients[i]!.images?.(lo, hi) ?? []),
        ...(i > 0 ? calls(i - 1, norms[i - 1]!.gradientStatistics(lo, hi)) : []),
      ]),
    );
  }
  const clear = layers.flatMap(({ weight }, i): Item[] =>
    weightGradients[i]!.adds ? [[{ kernel: 'fill', descriptor: weight.g, lo: 0, hi: weight.count * 4 }]] : [],
  );
  program.push([...weightGradients.flatMap(({ lists }, i) => ofLayer(layers[i]!.name, lists)), ...clear]);
  program.push(weightGradients.flatMap(({ sums }, i) => ofLayer(layers[i]!.name, sums)));
  program.push(adamItems(plan, tensors, layers, rates!));

  const planned = [...forward, ...norms, ...backward, ...weightGradients];
  const scratchBytes = Math.max(64, ...planned.map((part) => part?.scratchBytes ?? 0));
  return { program, tensors, layers, labels: labels!, losses: losses!, hits: hits!, rates: rates!, scratchBytes };
}

/** The t of Q(W) of all ternary layers: sums of channels, then of tensors. */
export function thresholdPhases(plan: MemoryPlan, layers: readonly Layer[]): Phase[] {
  const planned = layers
    .filter(({ ternary }) => ternary)
    .map(({ name, g, weight: { w, count, realCount }, threshold }) => {
      const channels = g.outChannels;
      const sums = plan.alloc(channels * 8);
      const add = plan.descriptor('ChannelMagnitudes', { w, sums, rows: count / channels, channels });
      const finish = plan.descriptor('TernaryThreshold', { sums, threshold, channels, realCount });
      const blocks = split(channels / channelsPerItem, channels / channelsPerSum, (lo, hi) => [
        { kernel: 'channelMagnitudes', descriptor: add, lo: lo * channelsPerItem, hi: hi * channelsPerItem },
      ]);
      const total = [[{ kernel: 'ternaryThreshold', descriptor: finish, lo: 0, hi: 1 }]];
      return [blocks, total].map((items) => ofLayer(name, items));
    });
  return [0, 1].map((phase) => planned.flatMap((items) => items[phase]!));
}

function adamItems(
  plan: MemoryPlan,
  tensors: ReadonlyMap<string, Tensor>,
  layers: readonly Layer[],
  rates: number,
): Item[] {
  const ternary = new Set(layers.filter((layer) => layer.ternary).map((layer) => layer.weight.name));
  return [...tensors.values()]
    .filter(({ trainable }) => trainable)
    .flatMap(({ name, count, w, g, m, v }) => {
      // dW = 2·dQ: the gradient that the paper's quantiser passes on.
      const descriptor = plan.descriptor('Adam', { w, g, m, v, rates, factor: ternary.has(name) ? 2 : 1 });
      const groups = count / 4;
      return split(groups, Math.ceil(groups / adamGroups), (lo, hi) => [{ kernel: 'adam', descriptor, lo, hi }]);
    });
}
