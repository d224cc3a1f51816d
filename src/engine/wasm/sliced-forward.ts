// Integer convolutions of ternary layers bit by bit, for processors that have functions of three bits.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import { type Geometry, outputPixels } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Address } from './units.js';

/** Places that are taken at a time, bits of a count, and weights of a round: of kernels/sliced-conv.h. */
const [places, countBits, round] = [16, 3, 16];

/** Below this share of places that are pixels, products of bytes take less time. */
const leastUsed = 0.6;

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
 * A layer's convolution as lists of places in a window, one for each weight of 1, and of −1, of an output channel.
 * @param weights HWIO, −1, 0 and 1
 * @param thresholds address of 16-bit thresholds [level][channel]
 * @returns undefined for a layer whose map is too small to pay, or with so many channels that 16 bits can't hold the places, and
 * with strides: where three places of four go unused, products of bytes take less time
 */
export function planSliced(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
  weights: Float32Array,
): Descriptor<'SlicedForward'> | undefined {
  const { inChannels, outChannels, kernelHeight, kernelWidth, stride } = g;
  if (stride > 1) return undefined;
  const { pitch, spanWords, planeWords, used } = planesOf(g);
  const channelWords = countBits * spanWords;
  if (used < leastUsed || (inChannels + 1) * channelWords > 2 ** 16) return undefined;
  const zeros = inChannels * channelWords;
  const lists: number[] = [];
  const rounds = new Int32Array(2 * outChannels);
  for (let co = 0; co < outChannels; co++)
    for (const [part, sign] of [1, -1].entries()) {
      const from = lists.length;
      for (let ci = 0; ci < inChannels; ci++)
        for (let ky = 0; ky < kernelHeight; ky++)
          for (let kx = 0; kx < kernelWidth; kx++) {
            if (weights[((ky * kernelWidth + kx) * inChannels + ci) * outChannels + co] !== sign) continue;
            lists.push(ci * channelWords + ky * pitch + kx);
          }
      while ((lists.length - from) % round > 0) lists.push(zeros);
      rounds[2 * co + part] = (lists.length - from) / round;
    }
  return plan.descriptor('SlicedForward', {
    ...{ spikes, y, thresholds, lists: plan.table(new Int16Array(Uint16Array.from(lists).buffer)) },
    ...{ rounds: plan.table(rounds), inChannels, levels, pitch, spanWords, planeWords },
    ...spikeShape(g),
  });
}
