import type { Network } from '../../network/architecture.js';
import type { EngineOptions } from '../engine.js';
import { denseForward, eventForward, type PlannedConvolution } from './convolution.js';
import { gradientBorders, outputPixels, type PaddedMap, paddedMap, pixelOffsets } from './geometry.js';
import { inputGradient, type OpenNeurons } from './input-gradient.js';
import { type Layer, planLayers, quantiser } from './layers.js';
import { type Call, type Item, type MemoryPlan, type Phase, type Program, split } from './plan.js';
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
  readonly open: OpenNeurons;
  readonly batchNorm: number;
  readonly channelSums: number;
  readonly activate: number;
  readonly gradientSums: number;
  readonly gradient: number;
  readonly apply: number;
}

/** Channels whose statistics one item takes. */
const channelsPerItem = 16;
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
      : inputGradient(plan, layer.g, { dy, map: dyMap, w: layer.effective, dx: dxOf(i - 1) }, norms[i - 1]!.open);
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

  const byImages = (calls: (lo: number, hi: number) => Call[]): Phase => split(batch, threads * 8, calls);
  const byChannels = (kernel: string, descriptor: number, channels: number): Phase =>
    split(channels, channels / channelsPerItem, (lo, hi) => [{ kernel, descriptor, lo, hi }]);
  const call = (kernel: string, descriptor: number, lo: number, hi: number): Call => ({ kernel, descriptor, lo, hi });

  const program: Phase[] = [ternaryItems(plan, layers), [...forward, ...backward].flatMap((conv) => conv?.pack ?? [])];
  for (const [i, { g }] of blocks.entries()) {
    program.push(
      byImages((lo, hi) => [
        ...(i > 0 ? [call('activate', norms[i - 1]!.activate, lo, hi)] : []),
        ...forward[i]!.calls(lo, hi),
        call('channelSums', norms[i]!.channelSums, lo, hi),
      ]),
      byChannels('batchNorm', norms[i]!.batchNorm, g.outChannels),
    );
  }
  const last = blocks.length - 1;
  program.push(
    byImages((lo, hi) => [
      call('activate', norms[last]!.activate, lo, hi),
      ...forward[last + 1]!.calls(lo, hi),
      call('softmaxLoss', loss, lo, hi),
      ...backward[last + 1]!.calls(lo, hi),
      call('gradientSums', norms[last]!.gradientSums, lo, hi),
    ]),
  );
  for (let i = last; i >= 0; i--) {
    program.push(
      byChannels('batchNormGradient', norms[i]!.gradient, blocks[i]!.g.outChannels),
      byImages((lo, hi) => [
        call('gradientApply', norms[i]!.apply, lo, hi),
        ...(backward[i]?.calls(lo, hi) ?? []),
        ...(i > 0 ? [call('gradientSums', norms[i - 1]!.gradientSums, lo, hi)] : []),
      ]),
    );
  }
  const clear = layers.flatMap(({ weight, x }): Item[] => (x ? [] : [[call('fill', weight.g, 0, weight.count * 4)]]));
  program.push([...weightGradients.flatMap(({ lists }) => lists), ...clear]);
  program.push(weightGradients.flatMap(({ sums }) => sums));
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
    open: { z, ...affine, bound, normChannels: channels },
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
      ...{ z, spikes: next.spikes, x: next.x, xImage: next.map.imageBytes, xOffsets: next.xOffsets },
      ...{ pixels, channels, n, levels },
    }),
    gradientSums: plan.descriptor('GradientSums', { ...affine, g: gradient.dx, z, sums, pixels, channels, bound }),
    gradient: plan.descriptor('BatchNormGradient', {
      ...statistics,
      ...coefficients,
      gamma: gamma!.w,
      gammaGradient: gamma!.g,
      betaGradient: beta!.g,
    }),
    apply: plan.descriptor('GradientApply', {
      ...affine,
      ...coefficients,
      g: gradient.dx,
      z,
      dy: gradient.dy,
      dyImage: gradient.dyMap.imageBytes,
      dyOffsets: plan.table(pixelOffsets(gradient.dyMap, g.outHeight, g.outWidth)),
      ...{ pixels, channels, bound },
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
