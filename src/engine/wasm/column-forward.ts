// Integer convolutions of ternary layers by columns of weights, for processors with vectors of 256 bits.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import type { Geometry } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Address } from './units.js';

/** Output channels that share a column, and columns but for their signs: of kernels/column-conv.h. */
const [columnChannels, columnCount] = [4, 40];
/** The largest sum of a column, and the least share of a vector's places that is to be used. */
const [largestSum, leastUsed] = [127, 0.8];

/** A list of inputs, as it lies in memory: its length, and their places. */
const listed = (places: readonly number[]): number[] => [places.length, ...places];

/**
 * A layer's convolution as lists of inputs, for each four output channels and each column of weights that they can have.
 * @param thresholds address of 16-bit thresholds [level][channel]
 * @param weights HWIO, −1, 0 and 1
 * @returns undefined for a layer whose rows are too short to pay, or with so many channels that 16 bits can't hold the places
 */
export function planColumns(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
  weights: Float32Array,
): Descriptor<'ColumnForward'> | undefined {
  const { inChannels, outChannels, kernelHeight, kernelWidth, stride } = g;
  const half = Math.ceil(g.outWidth / 2);
  const places = (half - 1) * stride + kernelWidth;
  const window = ((kernelHeight - 1) * places + kernelWidth) * inChannels;
  if (g.outWidth / (2 * half) < leastUsed || window > 2 ** 16) return undefined;
  const most = Math.floor(largestSum / levels);
  const lists: number[] = [];
  for (let co = 0; co < outChannels; co += columnChannels) {
    const rest: number[] = [];
    let rests = 0;
    const byColumn = inputsByColumn(g, weights, co, places);
    for (let column = 1; column <= columnCount; column++)
      for (const signed of [column, -column]) {
        const inputs = byColumn.get(signed) ?? [];
        lists.push(...listed(inputs.slice(0, most)));
        for (let from = most; from < inputs.length; from += most, rests++)
          rest.push(columnCount + signed, ...listed(inputs.slice(from, from + most)));
      }
    lists.push(rests, ...rest);
  }
  return plan.descriptor('ColumnForward', {
    ...{ spikes, y, thresholds, lists: plan.table(new Int16Array(Uint16Array.from(lists).buffer)) },
    ...{ inChannels, levels, places, rows: (g.outHeight - 1) * stride + kernelHeight },
    ...spikeShape(g),
  });
}

/** Where in a window the inputs are that four channels have the same weights for, by these as a number of base 3. */
function inputsByColumn(
  { inChannels, outChannels, kernelHeight, kernelWidth }: Geometry,
  weights: Float32Array,
  co: number,
  places: number,
): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let ky = 0; ky < kernelHeight; ky++)
    for (let kx = 0; kx < kernelWidth; kx++)
      for (let ci = 0; ci < inChannels; ci++) {
        const at = ((ky * kernelWidth + kx) * inChannels + ci) * outChannels + co;
        const column = weights.subarray(at, at + columnChannels).reduce((number, weight) => 3 * number + weight, 0);
        const place = (ky * places + kx) * inChannels + ci;
        const own = found.get(column);
        if (own === undefined) found.set(column, [place]);
        else own.push(place);
      }
  return found;
}
