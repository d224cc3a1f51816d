import { UserError } from '../error.js';
import { blockName } from '../network/presets.js';
import { type NoisyLayer, termsFor } from '../spiking/noise.js';
import type { NoiseRequest } from '../spiking/noise-kinds.js';
import type { InputOrigin, ParameterProblem } from '../stage/definition.js';
import { knownSpikingNetwork } from './origin.js';

/**
 * What is wrong with the layers that noise is asked for, where the pipeline says what the network is: before it is trained.
 *
 * @param network what makes the spiking network
 */
export function noiseLayerProblems(
  noise: number | NoiseRequest | readonly NoiseRequest[],
  network: InputOrigin | undefined,
): readonly ParameterProblem[] {
  const { plan } = knownSpikingNetwork(network);
  if (plan === undefined) return [];
  const layers = plan.layers.map((_, index): NoisyLayer => ({ name: blockName(index), ternary: index > 0 }));
  try {
    termsFor(noise, layers);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, hint } = error;
    return [{ parameter: 'noise', message, ...(hint === undefined ? {} : { hint }) }];
  }
}
