// Integer convolutions of ternary layers bit by bit, for processors with AVX-512.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import { type Geometry, outputPixels } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Address } from './units.js';

/** Places that are taken at a time, bits of a count, and weights of a round: of kernels/sliced-conv.h. */
const [places, countBits, round] = [16, 3, 16];
/** Sums of two channels' rounds, each of sixteen weights and counts of up to 7, have 16 bits and a sign there. */
const mostRounds = Math.floor((2 ** 16 - 2) / (round * (2 ** countBits - 1)));

/** Weights of two channels that are not both zero, in the order of the kernel's lists. */
const weightPairs = [
  [1, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

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
  const spanWords = roundUp(reach + places, places);
  const lastPlace = roundUp((g.outHeight - 1) * pitch + g.outWidth, places) - places;
  const rows = g.inHeight + 2 * g.padV;
  // Eight pixels of a row are written at a time.
  const planeWords = Math.max(lastPlace + spanWords, roundUp(rows * pitch + 8 + g.padH, places));
  // Of all places that are taken, those of pixels.
  const used = outputPixels(g) / (lastPlace + places);
  return { pitch, spanWords, planeWords, used };
}

/**
 * A layer's convolution as lists of places in a window, for each two output channels and each pair of weights that they have.
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
  const { pitch, spanWords, planeWords, used } = planesOf(g);
  const channelWords = countBits * spanWords;
  if (used < least || (inChannels + 1) * channelWords > 2 ** 16) return undefined;
  const zeros = inChannels * channelWords;
  const lists: number[] = [];
  const rounds = new Int32Array((weightPairs.length * outChannels) / 2);
  for (let co = 0, pair = 0; co < outChannels; co += 2) {
    const own = placesByPair(g, weights, co, (ci, ky, kx) => ci * channelWords + ky * pitch + kx);
    for (const [i, list] of own.entries()) {
      // To and fro: what a list has met last is in the caches for the next one.
      if (i % 2 === 1) list.reverse();
      while (list.length % round > 0) list.push(zeros);
      for (const place of list) lists.push(place);
      rounds[pair++] = list.length / round;
    }
    const all = own.reduce((sum, list) => sum + list.length / round, 0);
    if (all > mostRounds) return undefined;
  }
  return plan.descriptor('SlicedForward', {
    ...{ spikes, y, thresholds, lists: plan.table(new Int16Array(Uint16Array.from(lists).buffer)) },
    ...{ rounds: plan.table(rounds), inChannels, levels, pitch, spanWords, planeWords },
    ...spikeShape(g),
  });
}

/** Places that two channels' weights meet, a list for each pair of weights. */
function placesByPair(
  { inChannels, outChannels, kernelHeight, kernelWidth }: Geometry,
  weights: Float32Array,
  co: number,
  placeOf: (ci: number, ky: number, kx: number) => number,
): number[][] {
  const lists = weightPairs.map((): number[] => []);
  for (let ci = 0; ci < inChannels; ci++)
    for (let ky = 0; ky < kernelHeight; ky++)
      for (let kx = 0; kx < kernelWidth; kx++) {
        const at = ((ky * kernelWidth + kx) * inChannels + ci) * outChannels + co;
        const own = weightPairs.findIndex(([first, second]) => first === weights[at] && second === weights[at + 1]);
        lists[own]?.push(placeOf(ci, ky, kx));
      }
  return lists;
}
