// Integer convolutions of ternary layers from tables of sums.
import type { SpikeBuffers } from './event-forward.js';
import { type Geometry, weightCount } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Item, split } from './program.js';

/** Images that the kernel takes side by side. */
export const forwardLanes = 16;
/** Tables of 20 groups of channels, and inputs or spikes of 64 channels; see kernels/tabled-forward.ts. */
const tableBytes = 20 * 81 * 16 + 64 * 16;
const packParts = 8;

/** Do eight sums, of four channels each, fit a byte? */
export const suitsTables = (levels: number): boolean => 32 * levels <= 255;

/** What spikeForward makes of many spikes, as a descriptor of the kernels in kernels/tabled-forward.ts. */
export function planTables(
  plan: MemoryPlan,
  g: Geometry,
  buffers: SpikeBuffers,
  levels: number,
  thresholds: number,
): { readonly descriptor: number; readonly pack: readonly Item[]; readonly scratchBytes: number } {
  const { spikes, w, threshold, y } = buffers;
  const { inChannels: channels, outChannels } = g;
  const block = [64, 32, 16].find((width) => channels % width === 0)!;
  const taps = g.kernelHeight * g.kernelWidth;
  const places = plan.alloc(weightCount(g) / 2);
  const negatives = plan.alloc(taps * outChannels * 4);
  const pack = plan.descriptor('PackTabledForward', {
    ...{ w, threshold, places, negatives, taps, channels, outChannels, block },
  });
  const descriptor = plan.descriptor('TabledForward', {
    ...{ spikes, places, negatives, y, height: g.inHeight, width: g.inWidth, channels },
    ...{ outHeight: g.outHeight, outWidth: g.outWidth, outChannels },
    ...{ kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: g.stride, padV: g.padV, padH: g.padH },
    ...{ block, thresholds, levels },
  });
  const waiting = Math.ceil(g.kernelHeight / g.stride);
  return {
    descriptor,
    pack: split(taps, packParts, (lo, hi) => [{ kernel: 'packTabledForward', descriptor: pack, lo, hi }]),
    scratchBytes: tableBytes + waiting * g.outWidth * outChannels * forwardLanes * 2,
  };
}
