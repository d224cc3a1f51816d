// Batch norm, activation and their gradients as kernel calls.
import { type BlockedMap, outputPixels, pixelOffsets } from './geometry.js';
import { type IntegerGradient, planQuantisation } from './integer-gradient.js';
import type { Layer, Quantiser } from './layers.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Call } from './program.js';
import type { Tensor } from './tensors.js';

type Calls = (lo: number, hi: number) => Call[];

const calls =
  (kernel: string, descriptor: number): Calls =>
  (lo, hi) => [{ kernel, descriptor, lo, hi }];

/** Batch norm of one block: calls by images or, where said, by channels. */
export interface Norm {
  /** Sums over an image's pixels; with integer gradients also their ranges. */
  readonly statistics: Calls;
  /** By channels, in multiples of four. */
  readonly batchNorm: Calls;
  readonly activate: Calls;
  readonly gradientStatistics: Calls;
  /** By channels, in multiples of four. */
  readonly gradient: Calls;
  /** Writes the gradient of the convolution's output. */
  readonly apply: Calls;
  /** Private memory a thread needs: for sums of four channels; or for three coefficients of all, and their blocks' maxima. */
  readonly scratchBytes: number;
}

interface GradientBuffers {
  readonly dy: number;
  readonly dyMap: BlockedMap;
  /** Gradient of the activations, 0 where the neuron is closed. */
  readonly dx: number;
  /** In place of dy. */
  readonly integer: IntegerGradient | undefined;
}

/** @param next the layer that reads the activations */
export function planNorm(
  plan: MemoryPlan,
  layer: Layer,
  next: Layer,
  tensors: ReadonlyMap<string, Tensor>,
  images: number,
  { dy, dyMap, dx, integer }: GradientBuffers,
  quantiser: Quantiser,
): Norm {
  const { g, unit = 1 } = layer;
  const preActivations = { z: layer.z, integer: layer.unit === undefined ? 0 : 1 };
  const [channels, pixels] = [g.outChannels, outputPixels(g)];
  const [gamma, beta, runningMean, runningVariance] = ['gamma', 'beta', 'mean', 'variance'].map(
    (role) => tensors.get(`${layer.name}.${role}`)!,
  );
  const pairs = () => plan.alloc(images * channels * 2 * 4);
  const sums = pairs();
  const perChannel = () => plan.alloc(channels * 4);
  const [mean, inverseDeviation, scale, shift, a, b, d] = Array.from({ length: 7 }, perChannel) as number[] & {
    length: 7;
  };
  const affine = { scale: scale!, shift: shift! };
  const coefficients = { a: a!, b: b!, d: d! };
  const statistics = { sums, unit, images, pixels, channels, mean: mean!, inverseDeviation: inverseDeviation! };
  const [zRanges, largest] = integer ? [pairs(), plan.alloc(images * channels * 4)] : [0, 0];
  const channelSums = plan.descriptor('ChannelSums', {
    ...preActivations,
    ...{ sums, ranges: zRanges, pixels, channels },
  });
  const gradientSums = plan.descriptor('GradientSums', {
    ...preActivations,
    ...{ g: dx, sums, largest, pixels, channels },
  });
  const sources = { g: dx, ...preActivations, ...coefficients };
  const activation = planActivation(plan, layer, next, affine, quantiser);
  const batchNorm = plan.descriptor('BatchNorm', {
    ...statistics,
    ...affine,
    gamma: gamma!.w,
    beta: beta!.w,
    runningMean: runningMean!.w,
    runningVariance: runningVariance!.w,
  });
  return {
    statistics: calls('channelSums', channelSums),
    batchNorm: (lo, hi) => [{ kernel: 'batchNorm', descriptor: batchNorm, lo, hi }, ...activation.channels(lo, hi)],
    activate: activation.images,
    gradientStatistics: calls('gradientSums', gradientSums),
    gradient: calls(
      'batchNormGradient',
      plan.descriptor('BatchNormGradient', {
        ...statistics,
        ...coefficients,
        gamma: gamma!.w,
        gammaGradient: gamma!.g,
        betaGradient: beta!.g,
        ...{ zRanges, largest, bounds: integer?.bounds ?? 0 },
      }),
    ),
    apply: integer
      ? calls('quantiseGradient', planQuantisation(plan, g, integer, sources))
      : calls(
          'gradientApply',
          plan.descriptor('GradientApply', {
            ...sources,
            ...{ dy, dyImage: dyMap.imageBytes, blockBytes: dyMap.blockBytes, width: dyMap.width, pixels, channels },
            dyOffsets: plan.table(pixelOffsets(dyMap, g.outHeight, g.outWidth)),
          }),
        ),
    scratchBytes: Math.max(112, channels * 13),
  };
}

/** Activation: thresholds of integer z by channels, after batch norm; then by images what the next layer reads. */
function planActivation(
  plan: MemoryPlan,
  { g, z, unit }: Layer,
  { open, spikes, x, map, xOffsets }: Layer,
  affine: { readonly scale: number; readonly shift: number },
  { n, levels, bound }: Quantiser,
): { readonly channels: Calls; readonly images: Calls } {
  const shape = { pixels: outputPixels(g), channels: g.outChannels };
  const floats = { x, xImage: map.imageBytes, xOffsets };
  if (unit === undefined) {
    const activate = plan.descriptor('Activate', { ...affine, z, bound, open, spikes, ...floats, ...shape, n, levels });
    return { channels: () => [], images: calls('activate', activate) };
  }
  const thresholds = plan.alloc((levels + 3) * g.outChannels * 2);
  const quantiser = { ...affine, thresholds, channels: g.outChannels, n, levels, bound };
  const activate = plan.descriptor('ActivateIntegers', { z, thresholds, open, spikes, ...shape, levels });
  const toMap = x ? plan.descriptor('SpikesToMap', { spikes, ...floats, ...shape, scale: 1 / n }) : 0;
  return {
    channels: calls('levelThresholds', plan.descriptor('LevelThresholds', quantiser)),
    images: (lo, hi) => [
      ...calls('activateIntegers', activate)(lo, hi),
      ...(toMap ? calls('spikesToMap', toMap)(lo, hi) : []),
    ],
  };
}
