import type { Network } from '../../network/architecture.js';
import type { EngineOptions } from '../engine.js';
import { denseForward, eventForward, type PlannedConvolution } from './convolution.js';
import { gradientBorders, outputPixels, type PaddedMap, paddedMap, pixelOffsets } from './geometry.js';
import { chunkImages, inputGradient } from './input-gradient.js';
import { type Layer, planLayers, quantiser } from './layers.js';
import { type Call, type Item, type MemoryPlan, ofLayer, type Phase, type Program, split } from './plan.js';
import { planTensors, type Tensor } from './tensors.js';
import { denseGradient, type PlannedWeightGradient, sparseGradient } from './weight-gradient.js';

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

/** Per block: batch norm's buffers and descriptors. */
interface Norm {
  readonly batchNorm: number;
  readonly channelSums: number;
  readonly activate: number;
  readonly gradientSums: number;
  readonly gradient: number;
  readonly apply: number;
}

/** Channels whose statistics one item takes. */
const channelsPerItem = 16;
/** Neurons of a forward item: their values of all kinds fit the second-level cache. */
const itemValues = 65536;
/** Groups of four weights that one item of the optimiser takes. */
const adamGroups = 8192;

export function planTraining(plan: MemoryPlan, network: Network, { batch, threads }: EngineOptions): TrainingPlan {
  const { n, levels, bound } = quantiser(network);
  const tensors = planTensors(plan, network, true);
  const layers = planLayers(plan, network, tensors, batch, false);
  const blocks = layers.slice(0, -1);
  const classifier = layers.at(-1)!;

  const gradients = layers.map(({ g }) => {
    const dyMap = paddedMap(g.outHeight, g.outWidth, g.outChannels, gradientBorders(g));
    return { dyMap, dy: plan.alloc(batch * dyMap.imageBytes) };
  });
  // Gradients of activations live from one layer to the next only: two buffers in turn.
  const largest = Math.max(...blocks.map(({ g }) => outputPixels(g) * g.outChannels)) * 4 * batch;
  const turns = [plan.alloc(largest), plan.alloc(largest)];
  const dxOf = (index: number) => turns[index % 2]!;

  const forward = layers.map((layer) =>
    layer.ternary
      ? eventForward(plan, layer.g, { spikes: layer.spikes, q: layer.effective, y: layer.z }, levels, 1 / n)
      : denseForward(plan, layer.g, { x: layer.x, map: layer.map, w: layer.effective, y: layer.z }),
  );
  const norms = blocks.map((layer, i) =>
    planNorm(plan, layer, layers[i + 1]!, tensors, batch, { ...gradients[i]!, dx: dxOf(i) }, { n, levels, bound }),
  );
  const backward = layers.map((layer, i): PlannedConvolution | undefined => {
    const { dy, dyMap } = gradients[i]!;
    return i === 0
      ? undefined
      : inputGradient(plan, layer.g, { dy, map: dyMap, w: layer.effective, dx: dxOf(i - 1), open: layer.open });
  });
  const parts = threads * 2;
  const weightGradients = layers.map((layer, i): PlannedWeightGradient => {
    const buffers = { ...gradients[i]!, dw: layer.weight.g };
    return layer.spikes && layer.x === 0
      ? sparseGradient(plan, layer.g, batch, parts, { ...buffers, spikes: layer.spikes }, levels, n)
      : denseGradient(plan, layer.g, batch, parts, { ...buffers, x: layer.x, map: layer.map });
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
  const byImages = (perItem: number, work: (lo: number, hi: number) => Call[]): Phase =>
    split(batch, Math.max(threads * 4, batch / perItem), work);
  const forwardImages = (i: number): number =>
    Math.max(1, Math.floor(itemValues / (outputPixels(layers[i]!.g) * layers[i]!.g.outChannels)));
  const byChannels = (kernel: string, descriptor: number, { name, g }: Layer): Phase =>
    ofLayer(
      name,
      split(g.outChannels, g.outChannels / channelsPerItem, (lo, hi) => [{ kernel, descriptor, lo, hi }]),
    );
  /** Calls of several layers in one item. */
  const calls = (index: number, own: readonly Call[]): readonly Call[] => ofLayer(layers[index]!.name, [own])[0]!;
  const one = (index: number, kernel: string, descriptor: number, lo: number, hi: number): readonly Call[] =>
    calls(index, [{ kernel, descriptor, lo, hi }]);

  const packs = [forward, backward].flatMap((convolutions) =>
    convolutions.flatMap((conv, i) => ofLayer(layers[i]!.name, conv?.pack ?? [])),
  );
  const program: Phase[] = [ternaryItems(plan, layers), packs];
  for (const [i, block] of blocks.entries()) {
    program.push(
      byImages(forwardImages(i), (lo, hi) => [
        ...(i > 0 ? one(i - 1, 'activate', norms[i - 1]!.activate, lo, hi) : []),
        ...calls(i, forward[i]!.calls(lo, hi)),
        ...one(i, 'channelSums', norms[i]!.channelSums, lo, hi),
      ]),
      byChannels('batchNorm', norms[i]!.batchNorm, block),
    );
  }
  const last = blocks.length - 1;
  program.push(
    byImages(chunkImages(gradients.at(-1)!.dyMap), (lo, hi) => [
      ...one(last, 'activate', norms[last]!.activate, lo, hi),
      ...calls(last + 1, forward[last + 1]!.calls(lo, hi)),
      ...one(last + 1, 'softmaxLoss', loss, lo, hi),
      ...calls(last + 1, backward[last + 1]!.calls(lo, hi)),
      ...one(last, 'gradientSums', norms[last]!.gradientSums, lo, hi),
    ]),
  );
  for (let i = last; i >= 0; i--) {
    program.push(
      byChannels('batchNormGradient', norms[i]!.gradient, blocks[i]!),
      byImages(chunkImages(gradients[i]!.dyMap), (lo, hi) => [
        ...one(i, 'gradientApply', norms[i]!.apply, lo, hi),
        ...calls(i, backward[i]?.calls(lo, hi) ?? []),
        ...(i > 0 ? one(i - 1, 'gradientSums', norms[i - 1]!.gradientSums, lo, hi) : []),
      ]),
    );
  }
  const clear = layers.flatMap(({ weight, x }): Item[] =>
    x ? [] : [[{ kernel: 'fill', descriptor: weight.g, lo: 0, hi: weight.count * 4 }]],
  );
  program.push([...weightGradients.flatMap(({ lists }, i) => ofLayer(layers[i]!.name, lists)), ...clear]);
  program.push(weightGradients.flatMap(({ sums }, i) => ofLayer(layers[i]!.name, sums)));
  program.push(adamItems(plan, tensors, layers, rates!));

  const planned = [...forward, ...backward, ...weightGradients];
  const scratchBytes = Math.max(64, ...planned.map((part) => part?.scratchBytes ?? 0));
  return { program, tensors, layers, labels: labels!, losses: losses!, hits: hits!, rates: rates!, scratchBytes };
}

function planNorm(
  plan: MemoryPlan,
  layer: Layer,
  next: Layer,
  tensors: ReadonlyMap<string, Tensor>,
  images: number,
  gradient: { readonly dy: number; readonly dyMap: PaddedMap; readonly dx: number },
  { n, levels, bound }: { readonly n: number; readonly levels: number; readonly bound: number },
): Norm {
  const { g, z } = layer;
  const [channels, pixels] = [g.outChannels, outputPixels(g)];
  const [gamma, beta, runningMean, runningVariance] = ['gamma', 'beta', 'mean', 'variance'].map(
    (role) => tensors.get(`${layer.name}.${role}`)!,
  );
  const sums = plan.alloc(images * channels * 2 * 4);
  const perChannel = () => plan.alloc(channels * 4);
  const [mean, inverseDeviation, scale, shift, a, b, d] = Array.from({ length: 7 }, perChannel) as number[] & {
    length: 7;
  };
  const affine = { scale: scale!, shift: shift! };
  const coefficients = { a: a!, b: b!, d: d! };
  const statistics = { sums, images, pixels, channels, mean: mean!, inverseDeviation: inverseDeviation! };
  return {
    channelSums: plan.descriptor('ChannelSums', { z, sums, pixels, channels }),
    batchNorm: plan.descriptor('BatchNorm', {
      ...statistics,
      ...affine,
      gamma: gamma!.w,
      beta: beta!.w,
      runningMean: runningMean!.w,
      runningVariance: runningVariance!.w,
    }),
    activate: plan.descriptor('Activate', {
      ...affine,
      ...{
        z,
        bound,
        open: next.open,
        spikes: next.spikes,
        x: next.x,
        xImage: next.map.imageBytes,
        xOffsets: next.xOffsets,
      },
      ...{ pixels, channels, n, levels },
    }),
    gradientSums: plan.descriptor('GradientSums', { g: gradient.dx, z, sums, pixels, channels }),
    gradient: plan.descriptor('BatchNormGradient', {
      ...statistics,
      ...coefficients,
      gamma: gamma!.w,
      gammaGradient: gamma!.g,
      betaGradient: beta!.g,
    }),
    apply: plan.descriptor('GradientApply', {
      ...coefficients,
      g: gradient.dx,
      z,
      dy: gradient.dy,
      dyImage: gradient.dyMap.imageBytes,
      dyOffsets: plan.table(pixelOffsets(gradient.dyMap, g.outHeight, g.outWidth)),
      ...{ pixels, channels },
    }),
  };
}

/** Q(W) of all ternary layers. */
export function ternaryItems(plan: MemoryPlan, layers: readonly Layer[]): Item[] {
  return layers
    .filter(({ ternary }) => ternary)
    .map(({ weight, effective }) => {
      const { w, count, realCount } = weight;
      const descriptor = plan.descriptor('Ternarise', { w, q: effective, count, realCount });
      return [{ kernel: 'ternarise', descriptor, lo: 0, hi: 1 }];
    });
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
