// Integer convolutions of ternary layers from lists of inputs that are not zero.
import type { Descriptor } from './descriptor.js';
import { type Geometry, inputPixels, weightCount } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, type Item, packItems } from './program.js';
import { type Address, bytes, nowhere } from './units.js';

/** A layer's spikes, weights and the t of Q(W), and what it writes. */
export interface SpikeBuffers {
  readonly spikes: Address;
  readonly w: Address;
  readonly threshold: Address;
  readonly y: Address;
}

/** Lists of so many images are made at a time that they share the second-level cache with a block's weights. */
const mostListBytes = 1 << 19;

/** Channels of a kernel's registers: each block of them has a table of its own, so that it stays in the caches. */
export const eventBlock = ({ outChannels }: Geometry): 64 | 32 | 16 =>
  outChannels % 64 === 0 ? 64 : outChannels % 32 === 0 ? 32 : 16;

/** What all convolutions of spikes are told of their layer. */
export const spikeShape = (g: Geometry) => ({
  ...{ height: g.inHeight, width: g.inWidth, outHeight: g.outHeight, outWidth: g.outWidth, outChannels: g.outChannels },
  ...{ kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: g.stride, padV: g.padV, padH: g.padH },
});

/**
 * The EventConv of a layer, for the kernels eventConv….
 * @param thresholds address of 16-bit thresholds [level][channel], of kernels that make spikes of the sums
 */
export function planEvents(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, w, threshold, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
): { readonly descriptor: Descriptor<'EventConv'>; readonly pack: readonly Item[] } {
  const { inChannels, outChannels } = g;
  const taps = g.kernelHeight * g.kernelWidth;
  const block = eventBlock(g);
  const levelStride = inChannels * block;
  // Behind each tap's rows lies one of zeros, for lists padded to an even length.
  const tapStride = levelStride * levels + block;
  const blockStride = taps * tapStride;
  const packed = plan.bytes((outChannels / block) * blockStride);
  const strides = { rowBytes: bytes(block), tapStride: bytes(tapStride), blockStride: bytes(blockStride) };
  const products = plan.bytes(weightCount(g));
  const pack = plan.descriptor('PackEvents', {
    ...{ w, threshold, packed, products, taps, inChannels, outChannels, levels, ...strides },
  });
  // Start of each pixel's events, all events, and what the branch-free list writes beyond its end.
  const listBytes = (inputPixels(g) * (inChannels + 2) + 1 + 8) * 4;
  // With one block, a list is read once.
  const listed = outChannels === block ? 1 : Math.max(1, Math.floor(mostListBytes / listBytes));
  const descriptor = plan.descriptor('EventConv', {
    ...{ spikes, w: packed, products, y, inChannels, levels, listed, thresholds, ...spikeShape(g), ...strides },
    ...{ levelStride: bytes(levelStride), listBytes: bytes(listBytes) },
    // Sums of bytes are widened before they can leave −128 … 127.
    period: bytes((Math.floor(127 / levels) & ~1) * 4),
    nonZero: plan.table(placesOfMembers),
  });
  return { descriptor, pack: packItems(taps, calls('packEvents', pack)) };
}

/**
 * The WideConv of a layer, for any number of levels: kernels compute level · weight where the others look it up.
 * @param scale of kernels that make floats of the sums
 */
export function planWide(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, w, threshold, y }: SpikeBuffers,
  scale = 1,
): { readonly descriptor: Descriptor<'WideConv'>; readonly pack: readonly Item[] } {
  const { inChannels, outChannels } = g;
  const taps = g.kernelHeight * g.kernelWidth;
  const tapBytes = inChannels * outChannels;
  const packed = plan.bytes(taps * tapBytes);
  const pack = plan.descriptor('PackEvents', {
    ...{ w, threshold, packed, products: nowhere, taps, inChannels, outChannels, levels: 1 },
    ...{ rowBytes: bytes(outChannels), tapStride: bytes(tapBytes), blockStride: bytes(taps * tapBytes) },
  });
  const descriptor = plan.descriptor('WideConv', { spikes, w: packed, y, inChannels, scale, ...spikeShape(g) });
  return { descriptor, pack: packItems(taps, calls('packEvents', pack)) };
}

/** For each set of eight, as bits of a number: its members' places in order, and zeros. */
const placesOfMembers = Uint8Array.from({ length: 256 * 8 }, (_, at) => {
  const members = [0, 1, 2, 3, 4, 5, 6, 7].filter((place) => ((at >> 3) >> place) & 1);
  return members[at & 7] ?? 0;
});
