import { UserError } from '../error.js';
import { type NetworkText, readNetwork } from '../network/network-parameter.js';
import { blockName } from '../network/presets.js';
import { type NoisyLayer, termsFor } from '../spiking/noise.js';
import type { NoiseRequest } from '../spiking/noise-kinds.js';
import type { InputOrigin, ParameterProblem } from '../stage/definition.js';

/**
 * What is wrong with the layers that noise is asked for, where the pipeline says what the network is: before it is trained.
 *
 * @param network what makes the spiking network
 */
export function noiseLayerProblems(
  noise: number | NoiseRequest | readonly NoiseRequest[],
  network: InputOrigin | undefined,
): readonly ParameterProblem[] {
  const layers = spikingLayers(network);
  if (layers === undefined) return [];
  try {
    termsFor(noise, layers);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, hint } = error;
    return [{ parameter: 'noise', message, ...(hint === undefined ? {} : { hint }) }];
  }
}

/** The layers of a network that is converted from one whose parameters say it; undefined where they don't. */
function spikingLayers(network: InputOrigin | undefined): readonly NoisyLayer[] | undefined {
  if (network?.uses !== 'snn-convert') return undefined;
  let made = network.inputs?.checkpoint;
  // A training that goes on has the network of the one before.
  while (made?.uses === 'train' && made.parameters.network === undefined) made = made.inputs?.checkpoint;
  const said = made?.uses === 'train' || made?.uses === 'import-checkpoint' ? made.parameters.network : undefined;
  const plan = said === undefined ? undefined : readNetwork(said as NetworkText);
  if (plan === undefined || 'message' in plan) return undefined;
  return plan.layers.map((_, index) => ({ name: blockName(index), ternary: index > 0 }));
}
