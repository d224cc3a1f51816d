// Weights of several output channels at once: a column is those that four have for one input, but for their signs.
import type { Geometry } from './geometry.js';
import { constants } from './kernels/constants.mjs';

const { columnChannels } = constants;

/** Input channels of a layer, and output channels from `co` on. */
interface Part {
  readonly first: number;
  readonly channels: number;
  readonly co: number;
}

/**
 * Where the inputs are that four channels have the same weights for, by these as a number of base 3, whose digits are −1, 0 and 1.
 * @param weights HWIO, −1, 0 and 1
 * @param placeOf where an input is, by its channel, counted from the first, and its row and column in a window
 */
export function inputsByColumn(
  { inChannels, outChannels, kernelHeight, kernelWidth }: Geometry,
  weights: Float32Array,
  { first, channels, co }: Part,
  placeOf: (ci: number, ky: number, kx: number) => number,
): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let ky = 0; ky < kernelHeight; ky++)
    for (let kx = 0; kx < kernelWidth; kx++)
      for (let ci = 0; ci < channels; ci++) {
        const at = ((ky * kernelWidth + kx) * inChannels + first + ci) * outChannels + co;
        const column = weights.subarray(at, at + columnChannels).reduce((number, weight) => 3 * number + weight, 0);
        const own = found.get(column);
        if (own === undefined) found.set(column, [placeOf(ci, ky, kx)]);
        else own.push(placeOf(ci, ky, kx));
      }
  return found;
}
