// Integer convolutions of ternary layers bit by bit, for processors with AVX-512.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import { type Geometry, outputPixels } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import type { Address } from './units.js';
import { inputsByColumn } from './weight-columns.js';

const { columnChannels, columnCount } = constants;

/** Places that are taken at a time, and bits of a count: of kernels/sliced-conv.h. */
const [places, countBits] = [32, 3];
/** What a weight of −1 adds, less what it takes away. */
const surplus = 2 ** countBits - 1;
/** Bits of a column's sum, and of a channel's, which has a sign: the most that the kernel holds. */
const [mostColumnBits, mostSumBits] = [14, 17];

/** What of a window the first-level cache holds, beside sums and lists. */
const cachedBytes = 40 << 10;

/** A layer's weights, HWIO, −1, 0 and 1; and the share of places that are pixels from which on it pays: see Level. */
export interface SlicedWeights {
  readonly weights: Float32Array;
  readonly least: number;
}

const roundUp = (count: number, unit: number): number => Math.ceil(count / unit) * unit;

/** How a layer's input lies as planes: in rows of `pitch`. The zeros before a row are those behind the one above it. */
function planesOf(g: Geometry) {
  const shared = g.kernelWidth - 1 <= 2 * g.padH;
  const pitch = shared ? Math.max(g.inWidth + g.padH, g.outWidth) : g.inWidth + 2 * g.padH;
  const reach = (g.kernelHeight - 1) * pitch + g.kernelWidth - 1;
  // Whole lines of the cache take less time to load from, but where they would be too many for it.
  const whole = roundUp(reach + places, places);
  const spanWords = g.inChannels * countBits * whole * 2 > cachedBytes ? reach + places : whole;
  const lastPlace = roundUp((g.outHeight - 1) * pitch + g.outWidth, places) - places;
  const rows = g.inHeight + 2 * g.padV;
  // Eight pixels of a row are written at a time.
  const planeWords = Math.max(lastPlace + roundUp(spanWords, places), roundUp(rows * pitch + 8 + g.padH, places));
  // Of all places that are taken, those of pixels.
  const used = outputPixels(g) / (lastPlace + places);
  const rowWords = roundUp(g.inWidth, 8) * g.inChannels;
  return { pitch, spanWords, planeWords, rowWords, used };
}

/**
 * A layer's convolution as lists of places in a window, for each four output channels and each column of weights that they can have.
 * @param thresholds address of 16-bit thresholds [level][channel]
 * @returns undefined for a layer whose map is too small to pay, or with so many channels that 16 bits can't hold the places or sums,
 * and with strides: where three places of four go unused, products of bytes or tables take less time
 */
export function planSliced(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
  { weights, least }: SlicedWeights,
): Descriptor<'SlicedForward'> | undefined {
  const { inChannels, outChannels, stride } = g;
  if (stride > 1) return undefined;
  const { used, ...planes } = planesOf(g);
  const { pitch, spanWords } = planes;
  const channelWords = countBits * spanWords;
  if (used < least || (inChannels + 1) * channelWords > 2 ** 16) return undefined;
  const lists: number[] = [];
  const offsets = new Int32Array(outChannels);
  let [columnBits, sumBits] = [0, 0];
  for (let co = 0; co < outChannels; co += columnChannels) {
    const part = { first: 0, channels: inChannels, co };
    const byColumn = inputsByColumn(g, weights, part, (ci, ky, kx) => ci * channelWords + ky * pitch + kx);
    const own = listsOf(byColumn, inChannels * channelWords, levels);
    for (const { list } of own) lists.push(...list);
    for (let k = 0; k < columnChannels; k++)
      offsets[co + k] = own.reduce((sum, { column, negative }) => sum + digit(column, k) * surplus * negative, 0);
    columnBits = Math.max(columnBits, ...own.map(({ most }) => bitsOf(most)));
    // Thresholds that are never reached are one above what a channel's sum can be.
    sumBits = Math.max(sumBits, bitsOf(own.reduce((sum, { most }) => sum + most, 1)) + 1);
  }
  if (columnBits > mostColumnBits || sumBits > mostSumBits) return undefined;
  return plan.descriptor('SlicedForward', {
    ...{ spikes, y, thresholds, lists: plan.table(new Int16Array(Uint16Array.from(lists).buffer)) },
    ...{ offsets: plan.table(offsets), inChannels, levels, columnBits, sumBits, ...planes },
    ...spikeShape(g),
  });
}

/** Bits of numbers up to this one. */
const bitsOf = (most: number): number => Math.ceil(Math.log2(most + 1));

/** What the k-th of four channels has in a column. */
const digit = (column: number, k: number): number =>
  ((((column + columnCount) / 3 ** (columnChannels - 1 - k)) | 0) % 3) - 1;

/** A column's list, as the kernel takes it, how many inputs add the opposite of their count, with zeros, and what all add up to at most. */
interface ColumnList {
  readonly column: number;
  readonly negative: number;
  readonly most: number;
  readonly list: readonly number[];
}

/** Lists of all columns, for counts up to `levels`. zeros: where zeros are */
function listsOf(
  byColumn: ReadonlyMap<number, readonly number[]>,
  zeros: number,
  levels: number,
): readonly ColumnList[] {
  const padded = (inputs: readonly number[], unit: number): readonly number[] => [
    ...inputs,
    ...new Array<number>(roundUp(inputs.length, unit) - inputs.length).fill(zeros),
  ];
  /** In whole eights, four that are left, and, if four are shared with the opposite, two. */
  const inParts = (inputs: readonly number[], shared: boolean) => {
    const own = shared ? inputs.length - (inputs.length % 4) : inputs.length;
    const fours = padded(inputs.slice(0, own), 4);
    const whole = fours.length - (fours.length % 8);
    return { eights: fours.slice(0, whole), four: fours.slice(whole), two: padded(inputs.slice(own), 2) };
  };
  const lists = Array.from({ length: columnCount }, (_, i) => {
    const inputs = [byColumn.get(i + 1) ?? [], byColumn.get(-i - 1) ?? []] as const;
    const shared = inputs.every(({ length }) => length % 4 === 1 || length % 4 === 2);
    const [a, b] = [inParts(inputs[0], shared), inParts(inputs[1], shared)];
    const left = (a.four.length > 0 ? 1 : 0) + (b.four.length > 0 ? 2 : 0) + (shared ? 4 : 0);
    const order = [a.eights.length, b.eights.length, left] as const;
    const list = [i, ...order, ...a.eights, ...b.eights, ...a.four, ...b.four, ...a.two, ...b.two];
    const negative = b.eights.length + b.four.length + b.two.length;
    const most = levels * inputs[0].length + surplus * negative;
    return { column: i + 1, negative, most, order, list };
  });
  // A processor foresees where a list ends that is as long as the one before.
  return lists.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2]);
}
