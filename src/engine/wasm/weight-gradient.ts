// Weight gradients as kernel calls: from floats, and from spikes.
import { type Geometry, inputPixels, outputPixels, type PaddedMap, stridePhases } from './geometry.js';
import type { IntegerGradient } from './integer-gradient.js';
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

/** Bytes in which the integer kernel sums up what its registers hold: up to five taps of 16 channels. */
const totalsBytes = 640;

/** Images whose spikes are listed together. */
const listedImages = (g: Geometry, images: number): number =>
  Math.min(images, Math.max(1, Math.round(chunkPixels / inputPixels(g))));

/**
 * Do 32 bits hold all sums of the integer kernels? A chunk's weight gradient adds levels times 12 bits, an input gradient
 * as many products of 16 bits as the kernel has taps and channels.
 */
export function integersSuffice(g: Geometry, images: number, levels: number): boolean {
  const weights = listedImages(g, images) * outputPixels(g) * levels * 2047;
  const inputs = g.kernelHeight * g.kernelWidth * g.outChannels * 32767;
  return Math.max(weights, inputs) < 2 ** 31;
}

/** Output channels that the sparse kernels take at a time. */
export function channelBlock(g: Geometry, largest: 32 | 64): number {
  return [largest, 32, 16].find((width) => g.outChannels % width === 0)!;
}

/**
 * dw from spike counts: only non-zero inputs are touched. An input of level s counts s/n.
 * @param integer the gradient in 12 bits, in place of the floats of `buffers`
 */
export function sparseGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly spikes: number },
  levels: number,
  n: number,
  integer?: IntegerGradient,
): PlannedWeightGradient {
  const { dy, dyMap } = integer ? { dy: integer.coarse, dyMap: integer.coarseMap } : buffers;
  const width = integer?.width ?? channelBlock(g, 32);
  const imagesPerChunk = listedImages(g, images);
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
    dy: dy + dyMap.origin,
    dyChunk: imagesPerChunk * dyMap.imageBytes,
    dyBlock: integer?.blockBytes ?? width * 4,
    width,
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
    bounds: integer?.bounds ?? 0,
  });
  const kernel = `sparseWeightGradient_${integer ? 'i16' : 'f32'}`;
  return {
    lists: split(chunks, parts * 2, (lo, hi) => [{ kernel: 'spikeLists', descriptor: lists, lo, hi }]),
    scratchBytes: Math.max(totalsBytes, 512 + 16 * (Math.max(...phasePixels) * imagesPerChunk + 63)),
    sums: split(g.inChannels, parts, (lo, hi) => [{ kernel, descriptor: sums, lo, hi }]),
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
