// Batch norm, activation and their gradients as kernel calls.
import { type ParameterRole, parameterName } from '../../network/parameters.js';
import { type BlockedMap, type Geometry, outputPixels, pixelOffsets } from './geometry.js';
import { type IntegerGradient, planQuantisation } from './integer-gradient.js';
import type { Layer, Quantiser } from './layer-plan.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls, inOrder } from './program.js';
import type { Tensor } from './tensors.js';
import { type Address, nowhere } from './units.js';

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
}

interface GradientBuffers {
  readonly dy: Address;
  readonly dyMap: BlockedMap;
  /** Gradient of the activations, 0 where the neuron is closed. */
  readonly dx: Address;
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
  gradient: GradientBuffers,
  quantiser: Quantiser,
): Norm {
  const { dx, integer } = gradient;
  const { g, unit = 1 } = layer;
  const preActivations = { z: layer.z, integer: layer.unit !== undefined };
  const [channels, pixels] = [g.outChannels, outputPixels(g)];
  const tensor = (role: ParameterRole) => tensors.get(parameterName(layer, role))!;
  const [gamma, beta] = [tensor('gamma'), tensor('beta')];
  const perChannel = () => plan.floats(channels);
  const sums = plan.floats(images * channels * 2);
  const affine = { scale: perChannel(), shift: perChannel() };
  const coefficients = { a: perChannel(), b: perChannel(), d: perChannel() };
  const statistics = { sums, unit, images, pixels, channels, mean: perChannel(), inverseDeviation: perChannel() };
  const zRanges = integer ? plan.floats(images * channels * 2) : nowhere;
  const largest = integer ? plan.floats(images * channels) : nowhere;
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
    ...{ gamma: gamma.w, beta: beta.w, runningMean: tensor('mean').w, runningVariance: tensor('variance').w },
  });
  return {
    statistics: calls('channelSums', channelSums),
    batchNorm: inOrder(calls('batchNorm', batchNorm), activation.channels),
    activate: activation.images,
    gradientStatistics: calls('gradientSums', gradientSums),
    gradient: calls(
      'batchNormGradient',
      plan.descriptor('BatchNormGradient', {
        ...statistics,
        ...coefficients,
        ...{ gamma: gamma.w, gammaGradient: gamma.g, betaGradient: beta.g },
        ...{ zRanges, largest, bounds: integer?.bounds ?? nowhere },
      }),
    ),
    apply: planApply(plan, g, gradient, sources),
  };
}

/** Through batch norm: by images the gradient of the convolution's output, of floats or of integers. */
function planApply(
  plan: MemoryPlan,
  g: Geometry,
  { dy, dyMap, integer }: GradientBuffers,
  sources: Parameters<typeof planQuantisation>[3],
): Calls {
  if (integer) return calls('quantiseGradient', planQuantisation(plan, g, integer, sources));
  const map = { dy, dyImage: dyMap.imageBytes, blockBytes: dyMap.blockBytes, width: dyMap.width };
  const descriptor = plan.descriptor('GradientApply', {
    ...sources,
    ...{ ...map, pixels: outputPixels(g), channels: g.outChannels },
    dyOffsets: plan.table(pixelOffsets(dyMap, g.outHeight, g.outWidth)),
  });
  return calls('gradientApply', descriptor);
}

/** Activation: thresholds of integer z by channels, after batch norm; then by images what the next layer reads. */
function planActivation(
  plan: MemoryPlan,
  { g, z, unit }: Layer,
  { open, spikes, x, map, xOffsets }: Layer,
  affine: { readonly scale: Address; readonly shift: Address },
  { n, levels, bound }: Quantiser,
): { readonly channels?: Calls; readonly images: Calls } {
  const shape = { pixels: outputPixels(g), channels: g.outChannels };
  const floats = { x, xImage: map.imageBytes, xOffsets };
  if (unit === undefined) {
    const activate = plan.descriptor('Activate', { ...affine, z, bound, open, spikes, ...floats, ...shape, n, levels });
    return { images: calls('activate', activate) };
  }
  const thresholds = plan.halves((levels + 3) * g.outChannels);
  const quantiser = { ...affine, thresholds, channels: g.outChannels, n, levels, bound };
  const activate = plan.descriptor('ActivateIntegers', { z, thresholds, open, spikes, ...shape, levels });
  const toMap = x ? plan.descriptor('SpikesToMap', { spikes, ...floats, ...shape, scale: 1 / n }) : undefined;
  return {
    channels: calls('levelThresholds', plan.descriptor('LevelThresholds', quantiser)),
    images: inOrder(calls('activateIntegers', activate), toMap && calls('spikesToMap', toMap)),
  };
}
