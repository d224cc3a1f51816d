// Weight gradients as kernel calls: from floats, and what those of all kinds have in common.
import { type Geometry, outputPixels, type PaddedMap } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls, type Item, split } from './program.js';
import { type Address, behind, bytes, times } from './units.js';

const { channelBlock } = constants;

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

/** Rows of weights that are shared out at a time: whole tiles of registers, whatever the width of vectors. */
const gradientRows = 12;
/** As many pixels of a stride phase as fit the second-level cache with their gradients. */
export const chunkPixels = 576;

/**
 * How the weight gradient is shared out: by input channels where processors with wide vectors may take lists of inputs that are not zero,
 * and otherwise by rows of the kernel, as if each were the one tap of a channel. A unit fills whole tiles of registers either way.
 */
function planLists(g: Geometry, map: PaddedMap, images: number) {
  const { kernelHeight, kernelWidth, stride, inChannels } = g;
  const suited = kernelHeight === 3 && kernelWidth === 3 && stride === 1 && inChannels % channelBlock === 0;
  if (!suited || outputPixels(g) === 1) return { taps: 1, unit: gradientRows, listed: 0, spreadBytes: bytes(0) };
  const pixels = (images * map.imageBytes) / map.pixelBytes;
  const rowPixels = map.rowBytes / map.pixelBytes;
  return {
    taps: kernelHeight * kernelWidth,
    unit: gradientRows / 3,
    // A whole vector is written to the end of a list.
    listed: pixels + channelBlock,
    // Two rows and pixels of zeros come first.
    spreadBytes: bytes((pixels + 2 * rowPixels + 2) * channelBlock * 4),
  };
}

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
  const { outHeight, outWidth } = g;
  const perImage = {
    ...{ xImage: map.imageBytes, xRow: times(g.stride, map.rowBytes), xPixel: times(g.stride, map.pixelBytes) },
    ...{ dyImage: dyMap.imageBytes, dyRow: dyMap.rowBytes, dyPixel: dyMap.pixelBytes },
    ...{ outHeight, outWidth, images, imagesPerChunk: Math.max(1, Math.round(chunkPixels / (outHeight * outWidth))) },
  };
  // Images of one pixel may as well be the pixels of one image: what would be a sum of its own for each is one product, and sums that
  // begin with 0 are never −0, so that adding products or these sums makes no difference.
  const asPixels = {
    xPixel: map.imageBytes,
    dyPixel: dyMap.imageBytes,
    outWidth: images,
    images: 1,
    imagesPerChunk: 1,
  };
  const { taps, unit, ...lists } = planLists(g, map, perImage.imagesPerChunk);
  const inChannels = rows / taps;
  const descriptor = plan.descriptor('DenseWeightGradient', {
    ...perImage,
    ...(outHeight * outWidth === 1 ? asPixels : {}),
    x: buffers.x,
    rowOffsets: plan.table(
      Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / run) * map.rowBytes + (row % run) * 4),
    ),
    ...{ taps, inChannels, unit, ...lists },
    dy: behind(buffers.dy, dyMap.origin),
    dw: buffers.dw,
    channels: g.outChannels,
  });
  return {
    lists: [],
    adds: false,
    sums: split(Math.ceil(inChannels / unit), parts, calls('denseWeightGradient', descriptor)),
  };
}
