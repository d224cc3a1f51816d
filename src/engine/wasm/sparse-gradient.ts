// Weight gradients from spikes as kernel calls.
import { type BlockedMap, type Geometry, inputPixels, outputPixels, type PaddedMap } from './geometry.js';
import { rowPixels, type StridePhase, stridePhases } from './gradient-geometry.js';
import type { IntegerGradient } from './integer-gradient.js';
import { constants } from './kernels/constants.mjs';
import type { Quantiser } from './layer-plan.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, split } from './program.js';
import { type Address, behind, bytes, nowhere } from './units.js';
import { chunkPixels, type GradientBuffers, type PlannedWeightGradient } from './weight-gradient.js';

/** What of a chunk's integer gradient the first-level cache holds, beside the lists. */
const cachedBytes = 40 << 10;

/** Images whose spikes are listed together. */
function listedImages(g: Geometry, images: number, integer?: Pick<IntegerGradient, 'coarseMap'>): number {
  const phase = inputPixels(g) / g.stride ** 2;
  const most = integer ? Math.floor(cachedBytes / integer.coarseMap.blockBytes) : Math.round(chunkPixels / phase);
  return Math.max(1, Math.min(most, images));
}

/** The largest integer of so many bits. */
const largestOf = (bits: number): number => 2 ** (bits - 1) - 1;

/**
 * True if 32 bits hold all sums of the integer kernels. A chunk's weight gradient adds levels times 12 bits, an input gradient
 * as many products of 16 bits as the kernel has taps and channels.
 */
export function integersSuffice(g: Geometry, levels: number): boolean {
  // At least 16 channels of 16 bits; a chunk has one image at least.
  const pixels = Math.max(outputPixels(g), cachedBytes / 32);
  const weights = pixels * levels * largestOf(constants.coarseBits);
  const inputs = g.kernelHeight * g.kernelWidth * g.outChannels * largestOf(constants.fineBits);
  return Math.max(weights, inputs) < 2 ** 31;
}

/** Lists write a little beyond their ends. */
const beyondEnd = 3;

/** The most words that lists of so many images' spikes take, of so many neurons each. */
export const listWords = (images: number, neurons: number): number => images * (neurons + beyondEnd);

/** Lists of spikes, by chunks of images. */
interface Lists {
  readonly images: number;
  readonly imagesPerChunk: number;
  readonly levels: number;
  /** For each phase, channel and level of a chunk, where in its events those of a row begin. */
  readonly heads: Address;
  readonly cutCount: number;
  readonly events: Address;
  /** Events of a chunk. */
  readonly capacity: number;
}

interface SpikeGradientBuffers extends GradientBuffers {
  readonly dyMap: BlockedMap;
  readonly spikes: Address;
  /** `listWords` for lists that nobody needs otherwise by then. */
  readonly listRoom?: Address | undefined;
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
  buffers: SpikeGradientBuffers,
  { levels, n }: Pick<Quantiser, 'levels' | 'n'>,
  integer?: IntegerGradient,
): PlannedWeightGradient {
  const { dy, dyMap } = integer ? { dy: integer.coarse, dyMap: integer.coarseMap } : buffers;
  const imagesPerChunk = listedImages(g, images, integer);
  const chunks = Math.ceil(images / imagesPerChunk);
  const capacity = imagesPerChunk * inputPixels(g) * g.inChannels + beyondEnd;
  const cutCount = 2 * Math.ceil(g.kernelHeight / g.stride);
  const heads = plan.floats(chunks * g.stride ** 2 * g.inChannels * levels * cutCount);
  const events = buffers.listRoom ?? plan.lists(chunks * capacity);
  const lists: Lists = { images, imagesPerChunk, levels, heads, cutCount, events, capacity };
  const sums = plan.descriptor('SparseWeightGradient', {
    ...lists,
    dy: behind(dy, dyMap.origin),
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
    scale: 1 / n,
    bounds: integer?.bounds ?? nowhere,
    largest: integer?.largest ?? nowhere,
  });
  return {
    lists: listSpikes(plan, g, lists, parts, buffers.spikes, dyMap),
    adds: true,
    sums: split(g.inChannels, parts, calls(`sparseWeightGradient_${integer ? 'i16' : 'f32'}`, sums)),
  };
}

/** Lists the spikes of each chunk. The last one may be smaller, and its lists in another order. */
function listSpikes(
  plan: MemoryPlan,
  g: Geometry,
  { images, ...lists }: Lists,
  parts: number,
  spikes: Address,
  dyMap: BlockedMap,
): PlannedWeightGradient['lists'] {
  const { imagesPerChunk, cutCount } = lists;
  const byPhase = allPhases(g);
  const phasePixels = Uint32Array.from(byPhase, (pixels) => pixels.length);
  const callsOf = (listed: number) => {
    const { order, cuts } = inputOrder(g, byPhase, listed, dyMap, cutCount / 2);
    const descriptor = plan.descriptor('SpikeLists', {
      ...lists,
      spikes,
      imageBytes: bytes(inputPixels(g) * g.inChannels),
      channels: g.inChannels,
      phasePixels: plan.table(phasePixels),
      order: plan.table(order),
      cuts: plan.table(cuts),
      ...{ phases: byPhase.length, listed },
      rowPixels: rowPixels(phasePixels, listed),
    });
    return calls('spikeLists', descriptor);
  };
  const whole = Math.floor(images / imagesPerChunk);
  const chunks = Math.ceil(images / imagesPerChunk);
  const items = split(whole, parts * 2, callsOf(imagesPerChunk));
  if (whole < chunks) items.push(callsOf(images % imagesPerChunk)(whole, chunks));
  return items;
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
function inputOrder(
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
