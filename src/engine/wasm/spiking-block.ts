// A block of the spiking network as kernel calls: its convolution, and the comparison of membranes with thresholds.
import type { SpikeSource } from '../../spiking/network.js';
import { unreachable } from '../../unreachable.js';
import { type PlannedConvolution, realForward } from './convolution.js';
import { encodingForward } from './encoding.js';
import { type Geometry, outputPixels, padChannels, type paddedMap, padWeights } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Level } from './native/level.js';
import { type NoisyLayer, type PlannedNoise, planMembranes, planNoisyFire } from './noise.js';
import { fillsTiles, needsWideSums, spikeForward } from './spike-forward.js';
import type { Address } from './units.js';

/** What a block reads and writes. */
export interface BlockBuffers {
  /** The images, for the block that encodes them. */
  readonly x: Address;
  readonly map: ReturnType<typeof paddedMap>;
  /** Spikes of the block before; that which encodes images has none. */
  readonly arriving: Address | undefined;
  /** Of ternary weights. */
  readonly threshold: Address;
  readonly spikes: Address;
  readonly levels: number;
  readonly images: number;
  /** What kernels were compiled for; WebAssembly's if undefined. */
  readonly level: Pick<Level, 'slices' | 'columns' | 'matrices'> | undefined;
}

/** A block's convolution and the comparison of its membranes with their thresholds. */
export function planBlock(plan: MemoryPlan, block: SpikeSource, g: Geometry, buffers: BlockBuffers) {
  const { levels, images, threshold, spikes, x, map, level } = buffers;
  const weights = blockWeights(block);
  switch (block.kind) {
    case 'encoding':
      return encodingForward(plan, g, { x, map, spikes }, weights, {
        thresholds: doubleTable(block, g, levels),
        levels,
      });
    case 'spiking': {
      const own = { spikes: buffers.arriving!, w: plan.table(weights), threshold, y: spikes };
      // What matrices multiply is not added up bit by bit.
      const slices = level?.matrices && fillsTiles(g) ? undefined : level?.slices;
      const output = {
        thresholds: integerTable(block, g, levels),
        images,
        ...(slices === undefined ? {} : { sliced: { weights, least: slices } }),
        ...(level?.columns ? { columns: weights } : {}),
      };
      return spikeForward(plan, g, own, levels, output);
    }
    default:
      return unreachable(block);
  }
}

/** The same by way of memory, where noise is added to the membranes. */
export function planNoisyBlock(
  plan: MemoryPlan,
  block: SpikeSource,
  g: Geometry,
  { levels, images, threshold, x, map, arriving }: BlockBuffers,
  { noisy, deviation }: { readonly noisy: NoisyLayer; readonly deviation: number },
): { readonly convolution: PlannedConvolution; readonly fire: PlannedNoise } {
  const w = plan.table(blockWeights(block));
  const type = block.kind === 'encoding' ? 'f64' : needsWideSums(g, levels) ? 'i32' : 'i16';
  const at = planMembranes(plan, type, images * outputPixels(g) * g.outChannels);
  const fire = (table: Float64Array | Int32Array) =>
    planNoisyFire(plan, noisy, { type, at, thresholds: plan.table(table) }, deviation);
  switch (block.kind) {
    case 'encoding':
      return { convolution: realForward(plan, g, { x, map, w, y: at }), fire: fire(doubleTable(block, g, levels)) };
    case 'spiking':
      return {
        convolution: spikeForward(plan, g, { spikes: arriving!, w, threshold, y: at }, levels, 'integers'),
        fire: fire(integerTable(block, g, levels)),
      };
    default:
      return unreachable(block);
  }
}

const doubleTable = (block: SpikeSource, g: Geometry, levels: number) =>
  thresholdTable(block, levels, new Float64Array(levels * g.outChannels).fill(Number.POSITIVE_INFINITY));

const integerTable = (block: SpikeSource, g: Geometry, levels: number) =>
  thresholdTable(block, levels, new Int32Array(levels * g.outChannels).fill(2 ** 31 - 1));

function blockWeights(block: SpikeSource): Float32Array {
  const [inRaw, outRaw] = [block.input[2], block.output[2]];
  const taps = block.kernel[0] * block.kernel[1];
  const inPadded = block.kind === 'encoding' ? inRaw : padChannels(inRaw);
  const weights = Float32Array.from(block.weights);
  return padWeights(weights, taps, inRaw, outRaw, inPadded, padChannels(outRaw));
}

/**
 * [channel][level] → [level][padded channel].
 * @param table thresholds that are never reached: padding channels keep them
 */
function thresholdTable<T extends Float64Array | Int32Array>(
  { thresholds, output: [, , channels] }: SpikeSource,
  levels: number,
  table: T,
): T {
  const padded = table.length / levels;
  for (let c = 0; c < channels; c++)
    for (let j = 0; j < levels; j++) table[j * padded + c] = thresholds[c * levels + j]!;
  return table;
}
