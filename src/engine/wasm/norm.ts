// Batch norm, activation and their gradients as kernel calls.
import { outputPixels, type PaddedMap, pixelOffsets } from './geometry.js';
import { type IntegerGradient, planQuantisation } from './integer-gradient.js';
import type { Layer } from './layers.js';
import type { Call, MemoryPlan } from './plan.js';
import type { Tensor } from './tensors.js';

type ImageCalls = (lo: number, hi: number) => Call[];

/** Batch norm of one block: descriptors of calls by channels or images, and calls by images. */
export interface Norm {
  /** Sums over an image's pixels; with integer gradients also their ranges. */
  readonly statistics: ImageCalls;
  readonly batchNorm: number;
  readonly activate: number;
  readonly gradientStatistics: ImageCalls;
  readonly gradient: number;
  /** Writes the gradient of the convolution's output. */
  readonly apply: ImageCalls;
}

interface GradientBuffers {
  readonly dy: number;
  readonly dyMap: PaddedMap;
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
  { n, levels, bound }: { readonly n: number; readonly levels: number; readonly bound: number },
): Norm {
  const { g, z } = layer;
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
  const statistics = { sums, images, pixels, channels, mean: mean!, inverseDeviation: inverseDeviation! };
  const calls =
    (kernel: string, descriptor: number): ImageCalls =>
    (lo, hi) => [{ kernel, descriptor, lo, hi }];
  const [zRanges, gRanges] = integer ? [pairs(), pairs()] : [0, 0];
  const channelSums = plan.descriptor('ChannelSums', { z, sums, ranges: zRanges, pixels, channels });
  const gradientSums = plan.descriptor('GradientSums', { g: dx, z, sums, ranges: gRanges, pixels, channels });
  const sources = { g: dx, z, ...coefficients };
  return {
    statistics: calls('channelSums', channelSums),
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
      ...{ z, bound, open: next.open, spikes: next.spikes },
      ...{ x: next.x, xImage: next.map.imageBytes, xOffsets: next.xOffsets },
      ...{ pixels, channels, n, levels },
    }),
    gradientStatistics: calls('gradientSums', gradientSums),
    gradient: plan.descriptor('BatchNormGradient', {
      ...statistics,
      ...coefficients,
      gamma: gamma!.w,
      gammaGradient: gamma!.g,
      betaGradient: beta!.g,
      ...{ zRanges, gRanges, bounds: integer?.bounds ?? 0 },
    }),
    apply: integer
      ? calls('quantiseGradient', planQuantisation(plan, g, integer, sources))
      : calls(
          'gradientApply',
          plan.descriptor('GradientApply', {
            ...sources,
            ...{ dy, dyImage: dyMap.imageBytes, pixels, channels },
            dyOffsets: plan.table(pixelOffsets(dyMap, g.outHeight, g.outWidth)),
          }),
        ),
  };
}
