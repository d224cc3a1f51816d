// Weight gradients as kernel calls: from floats, and from spikes.
import { type Geometry, inputPixels, type PaddedMap, stridePhases } from './geometry.js';
import { type Item, type MemoryPlan, split } from './plan.js';

export interface PlannedWeightGradient {
  /** Builds lists of inputs; independent items. */
  readonly lists: readonly Item[];
  /** Then adds up; independent items, each for its own rows of the weights. */
  readonly sums: readonly Item[];
  /** Private memory a thread needs. */
  readonly scratchBytes: number;
}

interface GradientBuffers {
  /** Zero-bordered gradient of the convolution's output. */
  readonly dy: number;
  readonly dyMap: PaddedMap;
  /** [ky][kx][ci][co]; for spikes it must be zero before. */
  readonly dw: number;
}

/** About as many output pixels as fit the second-level cache with their gradients. */
const chunkPixels = 576;

/** dw from a padded float map. */
export function denseGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly x: number; readonly map: PaddedMap },
): PlannedWeightGradient {
  const { map, dyMap } = buffers;
  const run = g.kernelWidth * g.inChannels;
  const rows = g.kernelHeight * run;
  const descriptor = plan.descriptor('DenseWeightGradient', {
    x: buffers.x,
    xImage: map.imageBytes,
    xRow: g.stride * map.rowBytes,
    xPixel: g.stride * map.pixelBytes,
    rowOffsets: plan.table(
      Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / run) * map.rowBytes + (row % run) * 4),
    ),
    rows,
    dy: buffers.dy + dyMap.origin,
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
  const tiles = Math.ceil(rows / 4);
  return {
    lists: [],
    scratchBytes: 0,
    sums: split(tiles, parts, (lo, hi) => [{ kernel: 'denseWeightGradient', descriptor, lo, hi }]),
  };
}

/** dw from spike counts: only non-zero inputs are touched. An input of level s counts s/n. */
export function sparseGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly spikes: number },
  levels: number,
  n: number,
): PlannedWeightGradient {
  const { dyMap } = buffers;
  const imagesPerChunk = Math.min(images, Math.max(1, Math.round(chunkPixels / inputPixels(g))));
  const chunks = Math.ceil(images / imagesPerChunk);
  const capacity = imagesPerChunk * inputPixels(g) * g.inChannels;
  const heads = plan.alloc(chunks * (g.stride ** 2 * g.inChannels * levels + 1) * 4);
  const events = plan.alloc(chunks * capacity * 4);
  const { order, phasePixels } = listOrder(g, imagesPerChunk, dyMap);
  const lists = plan.descriptor('SpikeLists', {
    spikes: buffers.spikes,
    imageBytes: inputPixels(g) * g.inChannels,
    channels: g.inChannels,
    phases: phasePixels.length,
    phasePixels: plan.table(phasePixels),
    order: plan.table(order),
    ...{ levels, images, imagesPerChunk, heads, events, capacity },
  });
  const sums = plan.descriptor('SparseWeightGradient', {
    heads,
    events,
    capacity,
    chunks,
    dy: buffers.dy + dyMap.origin,
    dyChunk: imagesPerChunk * dyMap.imageBytes,
    dyRow: dyMap.rowBytes,
    dyPixel: dyMap.pixelBytes,
    dw: buffers.dw,
    inChannels: g.inChannels,
    outChannels: g.outChannels,
    kernelHeight: g.kernelHeight,
    kernelWidth: g.kernelWidth,
    stride: g.stride,
    levels,
    scale: 1 / n,
  });
  return {
    lists: split(chunks, parts * 2, (lo, hi) => [{ kernel: 'spikeLists', descriptor: lists, lo, hi }]),
    scratchBytes: 512 + 16 * (Math.max(...phasePixels) * imagesPerChunk + 63),
    sums: split(g.inChannels, parts, (lo, hi) => [{ kernel: 'sparseWeightGradient', descriptor: sums, lo, hi }]),
  };
}

/**
 * The inputs of a chunk in the order of its lists: for each of stride² phases all images' pixels of that phase, as pairs
 * of byte offsets into the chunk's spikes and into its dy. Phases beyond the kernel's taps have lists, but no readers.
 */
function listOrder(g: Geometry, images: number, dyMap: PaddedMap): { order: Uint32Array; phasePixels: Uint32Array } {
  const phasePixels = new Uint32Array(g.stride ** 2);
  const byPhase = new Map(stridePhases(g).map((phase) => [phase.phaseY * g.stride + phase.phaseX, phase.pixels]));
  const order: number[] = [];
  for (let phase = 0; phase < phasePixels.length; phase++) {
    const pixels = byPhase.get(phase) ?? [];
    phasePixels[phase] = pixels.length;
    for (let n = 0; n < images; n++)
      for (const [y, x, qy, qx] of pixels)
        order.push(
          ((n * g.inHeight + y) * g.inWidth + x) * g.inChannels,
          n * dyMap.imageBytes + qy * dyMap.rowBytes + qx * dyMap.pixelBytes,
        );
  }
  return { order: Uint32Array.from(order), phasePixels };
}
