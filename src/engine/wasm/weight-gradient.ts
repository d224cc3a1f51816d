// Weight gradients as kernel calls: from floats, and from spikes.
import {
  type BlockedMap,
  type Geometry,
  inputPixels,
  outputPixels,
  type PaddedMap,
  type StridePhase,
  stridePhases,
} from './geometry.js';
import type { IntegerGradient } from './integer-gradient.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Call, type Item, split } from './program.js';

export interface PlannedWeightGradient {
  /** By images, as soon as their dy is there, and while it is in the caches. */
  readonly images?: (lo: number, hi: number) => Call[];
  /** Builds lists of inputs; independent items. */
  readonly lists: readonly Item[];
  /** Then adds up; independent items, each for its own rows of the weights. */
  readonly sums: readonly Item[];
  /** Do they add to dw, so that it must be zero before? */
  readonly adds: boolean;
  /** Private memory a thread needs. */
  readonly scratchBytes: number;
}

export interface GradientBuffers {
  /** Zero-bordered gradient of the convolution's output. */
  readonly dy: number;
  readonly dyMap: PaddedMap;
  /** [ky][kx][ci][co] */
  readonly dw: number;
}

/** As many pixels of a stride phase as fit the second-level cache with their gradients. */
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
    adds: false,
    scratchBytes: 0,
    sums: split(tiles, parts, (lo, hi) => [{ kernel: 'denseWeightGradient', descriptor, lo, hi }]),
  };
}

/** Bytes in which the integer kernel sums up what its registers hold: up to five taps of 16 channels. */
const totalsBytes = 640;

/** What of a chunk's integer gradient the first-level cache holds, beside the lists. */
const cachedBytes = 40 << 10;

/** Images whose spikes are listed together. */
function listedImages(g: Geometry, images: number, integer?: Pick<IntegerGradient, 'coarseMap'>): number {
  const phase = inputPixels(g) / g.stride ** 2;
  const most = integer ? Math.floor(cachedBytes / integer.coarseMap.blockBytes) : Math.round(chunkPixels / phase);
  return Math.max(1, Math.min(most, images));
}

/**
 * Do 32 bits hold all sums of the integer kernels? A chunk's weight gradient adds levels times 12 bits, an input gradient
 * as many products of 16 bits as the kernel has taps and channels.
 */
export function integersSuffice(g: Geometry, levels: number): boolean {
  // At least 16 channels of 16 bits; a chunk has one image at least.
  const pixels = Math.max(outputPixels(g), cachedBytes / 32);
  const weights = pixels * levels * 2047;
  const inputs = g.kernelHeight * g.kernelWidth * g.outChannels * 32767;
  return Math.max(weights, inputs) < 2 ** 31;
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
  buffers: GradientBuffers & { readonly spikes: number; readonly dyMap: BlockedMap },
  levels: number,
  n: number,
  integer?: IntegerGradient,
): PlannedWeightGradient {
  const { dy, dyMap } = integer ? { dy: integer.coarse, dyMap: integer.coarseMap } : buffers;
  const imagesPerChunk = listedImages(g, images, integer);
  const chunks = Math.ceil(images / imagesPerChunk);
  // Lists write a little beyond their ends.
  const capacity = imagesPerChunk * inputPixels(g) * g.inChannels + 3;
  const cutCount = 2 * Math.ceil(g.kernelHeight / g.stride);
  const heads = plan.alloc(chunks * g.stride ** 2 * g.inChannels * levels * cutCount * 4);
  const events = plan.alloc(chunks * capacity * 4);
  const byPhase = allPhases(g);
  const phases = byPhase.length;
  const phasePixels = Uint32Array.from(byPhase, (pixels) => pixels.length);
  const listsOf = (listed: number) => {
    const { order, cuts } = listOrder(g, byPhase, listed, dyMap, cutCount / 2);
    return plan.descriptor('SpikeLists', {
      spikes: buffers.spikes,
      imageBytes: inputPixels(g) * g.inChannels,
      channels: g.inChannels,
      phasePixels: plan.table(phasePixels),
      order: plan.table(order),
      cuts: plan.table(cuts),
      ...{ phases, cutCount, levels, listed, imagesPerChunk, heads, events, capacity },
    });
  };
  // The last chunk may be smaller, and its lists in another order.
  const whole = Math.floor(images / imagesPerChunk);
  const lists = listsOf(imagesPerChunk);
  const items = split(whole, parts * 2, (lo, hi): Call[] => [{ kernel: 'spikeLists', descriptor: lists, lo, hi }]);
  if (whole < chunks)
    items.push([{ kernel: 'spikeLists', descriptor: listsOf(images % imagesPerChunk), lo: whole, hi: chunks }]);
  const sums = plan.descriptor('SparseWeightGradient', {
    heads,
    cutCount,
    events,
    capacity,
    images,
    imagesPerChunk,
    dy: dy + dyMap.origin,
    dyImage: dyMap.imageBytes,
    dyBlock: dyMap.blockBytes,
    width: dyMap.width,
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
    largest: integer?.largest ?? 0,
  });
  const kernel = `sparseWeightGradient_${integer ? 'i16' : 'f32'}`;
  return {
    lists: items,
    adds: true,
    scratchBytes: Math.max(totalsBytes, 512 + 16 * (Math.max(...phasePixels) * imagesPerChunk + 63)),
    sums: split(g.inChannels, parts, (lo, hi) => [{ kernel, descriptor: sums, lo, hi }]),
  };
}

type PhasePixels = StridePhase['pixels'];

/** Pixels of all stride² phases. Phases beyond the kernel's taps have lists, but no readers. */
function allPhases(g: Geometry): PhasePixels[] {
  const phases = Array.from({ length: g.stride ** 2 }, (): PhasePixels => []);
  for (const { phaseY, phaseX, pixels } of stridePhases(g)) phases[phaseY * g.stride + phaseX] = pixels;
  return phases;
}

/**
 * The inputs of a chunk in the order of its lists: for each phase the pixels of all images row by row, as pairs of byte
 * offsets into the chunk's spikes and into its dy. The tap ty rows below the first meets rows of dy only where inputs lie
 * in quotient rows ty … ty + height of dy − 1; cuts: where these begin and end, for each ty.
 */
function listOrder(
  g: Geometry,
  phases: readonly PhasePixels[],
  images: number,
  dyMap: PaddedMap,
  tapRows: number,
): { order: Uint32Array; cuts: Uint32Array } {
  const order: number[] = [];
  const cuts: number[] = [];
  for (const pixels of phases) {
    const begins = new Map<number, number>();
    let position = 0;
    // Pixels lie in rows, so these ascend.
    for (const wanted of new Set(pixels.map(([, , qy]) => qy))) {
      const row = pixels.filter(([, , qy]) => qy === wanted);
      begins.set(wanted, position);
      for (let n = 0; n < images; n++)
        for (const [y, x, qy, qx] of row)
          order.push(
            ((n * g.inHeight + y) * g.inWidth + x) * g.inChannels,
            n * dyMap.imageBytes + qy * dyMap.rowBytes + qx * dyMap.pixelBytes,
          );
      position += images * row.length;
    }
    const from = (wanted: number) =>
      Math.min(position, ...[...begins].filter(([qy]) => qy >= wanted).map(([, at]) => at));
    const own = Array.from({ length: tapRows }, (_, ty) => [
      { position: from(ty), place: 2 * ty },
      { position: from(ty + g.outHeight), place: 2 * ty + 1 },
    ]).flat();
    own.sort((a, b) => a.position - b.position);
    cuts.push(...own.flatMap(({ position: at, place }) => [at, place]), 0xffffffff, 0);
  }
  return { order: Uint32Array.from(order), cuts: Uint32Array.from(cuts) };
}
