// Forward convolutions of spikes as kernel calls.
import { planColumns } from './column-forward.js';
import type { PlannedConvolution } from './convolution.js';
import { noDescriptor } from './descriptor.js';
import { eventBlock, planEvents, planWide, type SpikeBuffers } from './event-forward.js';
import { type Geometry, inputPixels, outputPixels } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import type { Level } from './native/level.js';
import { calls, inOrder } from './program.js';
import { planSliced, type SlicedWeights } from './sliced-forward.js';
import { planTables, suitsTables } from './tabled-forward.js';
import { bytes, nowhere } from './units.js';

/** Spike counts above which a table of level · weight would not fit the caches any more. */
const maximumTableLevels = 16;

/**
 * What becomes of the sums: they are kept, in 16 bits or, where that is too few, in 32 or as floats times a scale; or they
 * become spikes, one for each threshold [level][channel] that is reached.
 */
export type SpikeOutput =
  | { readonly scale: number }
  | 'integers'
  | {
      readonly thresholds: Int32Array;
      readonly images: number;
      /** Given where the kernels add up bit by bit. */
      readonly sliced?: SlicedWeights;
      /** Weights, HWIO, −1, 0 and 1: given where the kernels add up by columns. */
      readonly columns?: Float32Array;
    };

/** True if a sum of −32,766 … 32,766, or the table of level · weight, is too small for the spikes of this layer. */
export function needsWideSums(g: Geometry, levels: number): boolean {
  return levels > maximumTableLevels || g.kernelHeight * g.kernelWidth * g.inChannels * levels >= 32767;
}

/** Images of items that convolve spikes, as `splitBy` takes them: matrices take as long for twice as many. */
export const imagesTogether = (level?: Pick<Level, 'matrices'>): readonly number[] =>
  level?.matrices ? [2 * constants.forwardLanes, constants.forwardLanes] : [constants.forwardLanes];

/** True if matrices hold a layer's spikes and weights as they lie: each row of a window fills as many of their rows as another. */
export function fillsTiles({ inChannels, inWidth, outWidth, kernelWidth, stride, padH }: Geometry): boolean {
  const inside = padH === 0 && (outWidth - 1) * stride + kernelWidth <= inWidth;
  return inside || inChannels % constants.matrixRowBytes === 0;
}

/**
 * The share of inputs that are not zero from which on tables of sums take less time than events. By DENSITY.md 0.3 where
 * many look-ups share a table; to fill it takes as long as some 40. Events of sixteen channels cost as much to read as to
 * add. For an output of one pixel each event reads weights that no other needs: of LeNet's last such layer events took 2.3 to 2.7
 * times as long as tables where tables were about to pay.
 */
function tabledShare({ kernelHeight, kernelWidth, stride, outHeight, outWidth, outChannels }: Geometry): number {
  if (outChannels === 16) return 0.15;
  const share = 0.28 * (1 + (40 * stride ** 2) / (kernelHeight * kernelWidth * outChannels));
  return outHeight * outWidth === 1 ? 0.4 * share : share;
}

/**
 * y = spikes ∗ Q(W); threshold: address of the t of Q(W). Integer sums: exact, and in any order the same. By the number of
 * spikes, sixteen images at a time, non-zero spikes are added up one by one or looked up in tables of sums. Wide sums take
 * the 32-bit kernel, and give the same spikes.
 * @param share of non-zero spikes from which on tables are used
 */
export function spikeForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: SpikeBuffers,
  levels: number,
  output: SpikeOutput,
  share = tabledShare(g),
): PlannedConvolution {
  if (needsWideSums(g, levels)) return wideForward(plan, g, buffers, levels, output);
  // Membranes stay above −32,768 and below 32,768: what is cut off is reached always, or never.
  const thresholds =
    typeof output === 'object' && 'thresholds' in output ? plan.table(thresholds16(output.thresholds)) : nowhere;
  const ending = thresholds ? 'fire' : 'i16';
  const events = planEvents(plan, g, buffers, levels, thresholds);
  const block = eventBlock(g);
  if (!suitsTables(levels)) return { ...events, calls: calls(`eventConv${block}_${ending}`, events.descriptor) };
  const tables = planTables(plan, g, buffers, levels, thresholds);
  const imageBytes = bytes(inputPixels(g) * g.inChannels);
  const least = Math.ceil(share * constants.forwardLanes * imageBytes);
  const { sliced: bits = undefined, columns: weights = undefined } =
    typeof output === 'object' && 'thresholds' in output ? output : {};
  const sliced = bits && planSliced(plan, g, buffers, levels, thresholds, bits);
  const columns = weights && planColumns(plan, g, buffers, levels, thresholds, weights);
  const descriptor = plan.descriptor('SpikeConv', {
    ...{ spikes: buffers.spikes, imageBytes, least, block, fillsTiles: fillsTiles(g) },
    ...{ events: events.descriptor, tables: tables.descriptor, sliced: sliced ?? noDescriptor('SlicedForward') },
    columns: columns ?? noDescriptor('ColumnForward'),
  });
  return { pack: [...events.pack, ...tables.pack], calls: calls(`spikeConv_${ending}`, descriptor) };
}

/** Thresholds less one, so that "reached" becomes "exceeded". */
const thresholds16 = (thresholds: Int32Array): Int16Array =>
  Int16Array.from(thresholds, (threshold) => Math.max(-32768, Math.min(32767, threshold - 1)));

/** The same in 32 bits, as floats or, by way of memory, as spikes. */
function wideForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: SpikeBuffers,
  levels: number,
  output: SpikeOutput,
): PlannedConvolution {
  if (output === 'integers') {
    const { descriptor, pack } = planWide(plan, g, buffers);
    return { pack, calls: calls('wideConv_i32', descriptor) };
  }
  if ('scale' in output) {
    const { descriptor, pack } = planWide(plan, g, buffers, output.scale);
    return { pack, calls: calls('wideConv_f32', descriptor) };
  }
  const [pixels, channels] = [outputPixels(g), g.outChannels];
  const membranes = plan.floats(output.images * pixels * channels);
  const { descriptor, pack } = planWide(plan, g, { ...buffers, y: membranes });
  const thresholds = plan.table(output.thresholds);
  const fire = plan.descriptor('Fire', { membranes, spikes: buffers.y, thresholds, pixels, channels, levels });
  return { pack, calls: inOrder(calls('wideConv_i32', descriptor), calls('fireInteger', fire)) };
}
