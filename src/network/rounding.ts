import type { Network } from './architecture.js';
import { parameterShapes } from './parameters.js';
import { spikesPerUnit } from './precision.js';

/**
 * How activations become multiples of 1/n. `half-up` is ⌊n·y + ½⌋/n, which conversion to spikes keeps exactly; `paper`
 * is what the authors' program does in inference: n·y + 1e-5 rounded half to even.
 */
export type Rounding = 'half-up' | 'paper';

/** What the authors add before they round. */
const paperShift = 1e-5;

/**
 * Parameters with which a network that rounds half up decides as one of the given rounding would: β takes up what is
 * added before. It is float32, as the authors' sums are, so that activations within 1e-7 of a limit may fall to either
 * side. Ties, the only other difference, need n·y + 1e-5 to be j + ½ to the last bit.
 */
export function parametersFor(
  rounding: Rounding,
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> {
  const { precision } = network;
  if (rounding === 'half-up' || precision.kind === 'fp32') return parameters;
  const shift = paperShift / spikesPerUnit(precision.k);
  const shifted = new Map(parameters);
  for (const { name, role } of parameterShapes(network))
    if (role === 'beta')
      shifted.set(
        name,
        parameters.get(name)!.map((beta) => beta + shift),
      );
  return shifted;
}
