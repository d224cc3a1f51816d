// Integer convolutions of ternary layers from lists of inputs that are not zero.
import { type Geometry, inputPixels } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Call, type Item, split } from './program.js';

/** A layer's spikes, weights and the t of Q(W), and what it writes. */
export interface SpikeBuffers {
  readonly spikes: number;
  readonly w: number;
  readonly threshold: number;
  readonly y: number;
}

/** Lists of so many images are made at a time that they share the second-level cache with a block's weights. */
const mostListBytes = 1 << 19;
const packParts = 8;

/** Channels of a kernel's registers: each block of them has a table of its own, so that it stays in the caches. */
export const eventBlock = ({ outChannels }: Geometry): number =>
  outChannels % 64 === 0 ? 64 : outChannels % 32 === 0 ? 32 : 16;

/**
 * The EventConv of a layer, for the kernels of events.ts and eventConv….
 * @param wide does it take sums of 32 bits, and compute level · weight where the others look it up?
 * @param thresholds address of 16-bit thresholds [level][channel], of kernels that make spikes of the sums
 * @param scale of kernels that make floats of them
 */
export function planEvents(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, w, threshold, y }: SpikeBuffers,
  levels: number,
  wide: boolean,
  { thresholds = 0, scale = 1 }: { readonly thresholds?: number; readonly scale?: number },
): { readonly descriptor: number; readonly pack: readonly Item[]; readonly scratchBytes: number } {
  const { inChannels, outChannels } = g;
  const taps = g.kernelHeight * g.kernelWidth;
  const tableLevels = wide ? 1 : levels;
  const rowBytes = wide ? outChannels : eventBlock(g);
  const levelStride = inChannels * rowBytes;
  // Behind each tap's rows lies one of zeros, for lists padded to an even length.
  const tapStride = levelStride * tableLevels + (wide ? 0 : rowBytes);
  const blockStride = taps * tapStride;
  const packed = plan.alloc((outChannels / rowBytes) * blockStride);
  const strides = { rowBytes, tapStride, blockStride };
  const packing = plan.descriptor('PackEvents', {
    ...{ w, threshold, packed, inChannels, outChannels, levels: tableLevels },
    ...strides,
  });
  // Start of each pixel's events, all events, and what the branch-free list writes beyond its end.
  const listBytes = wide ? 0 : (inputPixels(g) * (inChannels + 2) + 1 + 8) * 4;
  // With one block, a list is read once.
  const listed = outChannels === rowBytes ? 1 : Math.max(1, Math.floor(mostListBytes / listBytes));
  const descriptor = plan.descriptor('EventConv', {
    ...{ spikes, w: packed, y, inChannels, outChannels, levels, levelStride, listed, listBytes, thresholds, scale },
    ...strides,
    ...{ height: g.inHeight, width: g.inWidth, outHeight: g.outHeight, outWidth: g.outWidth },
    ...{ kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: g.stride, padV: g.padV, padH: g.padH },
    // Sums of bytes are widened before they can leave −128 … 127.
    period: (Math.floor(127 / tableLevels) & ~1) * 4,
    nonZero: wide ? 0 : plan.table(placesOfMembers),
  });
  return {
    descriptor,
    pack: split(taps, packParts, (lo, hi): Call[] => [{ kernel: 'packEvents', descriptor: packing, lo, hi }]),
    scratchBytes: wide ? 0 : listed * listBytes,
  };
}

/** For each set of eight, as bits of a number: its members' places in order, and zeros. */
const placesOfMembers = Uint8Array.from({ length: 256 * 8 }, (_, at) => {
  const members = [0, 1, 2, 3, 4, 5, 6, 7].filter((place) => ((at >> 3) >> place) & 1);
  return members[at & 7] ?? 0;
});
