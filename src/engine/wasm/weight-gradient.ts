// Weight gradients as kernel calls: from floats, and what those of all kinds have in common.
import type { Geometry, PaddedMap } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls, type Item, split } from './program.js';
import { type Address, behind, times } from './units.js';

export interface PlannedWeightGradient {
  /** By images, as soon as their dy is there, and while it is in the caches. */
  readonly images?: Calls;
  /** Builds lists of inputs; independent items. */
  readonly lists: readonly Item[];
  /** Then adds up; independent items, each for its own rows of the weights. */
  readonly sums: readonly Item[];
  /** True if they add to dw, which must be zero before. */
  readonly adds: boolean;
}

export interface GradientBuffers {
  /** Zero-bordered gradient of the convolution's output. */
  readonly dy: Address;
  readonly dyMap: PaddedMap;
  /** [ky][kx][ci][co] */
  readonly dw: Address;
}

/** As many pixels of a stride phase as fit the second-level cache with their gradients. */
export const chunkPixels = 576;

/** dw from a padded float map. */
export function denseGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly x: Address; readonly map: PaddedMap },
): PlannedWeightGradient {
  const { map, dyMap } = buffers;
  const run = g.kernelWidth * g.inChannels;
  const rows = g.kernelHeight * run;
  const descriptor = plan.descriptor('DenseWeightGradient', {
    x: buffers.x,
    xImage: map.imageBytes,
    xRow: times(g.stride, map.rowBytes),
    xPixel: times(g.stride, map.pixelBytes),
    rowOffsets: plan.table(
      Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / run) * map.rowBytes + (row % run) * 4),
    ),
    rows,
    dy: behind(buffers.dy, dyMap.origin),
    dyImage: dyMap.imageBytes,
    dyRow: dyMap.rowBytes,
    dyPixel: dyMap.pixelBytes,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    images,
    imagesPerChunk: Math.max(1, Math.round(chunkPixels / (g.outHeight * g.outWidth))),
    dw: buffers.dw,
    channels: g.outChannels,
  });
  return {
    lists: [],
    adds: false,
    sums: split(Math.ceil(rows / constants.gradientRows), parts, calls('denseWeightGradient', descriptor)),
  };
}
