import type { SpikeSource, SpikingLayer } from '../../../spiking/network.js';
import { padChannels } from '../../wasm/geometry.js';
import { constants } from '../../wasm/kernels/constants.mjs';
import { synapseTables } from '../../wasm/synapses.js';

/** What one spike of each neuron of a layer costs in the next one: windows [pixel], and synapses [pixel][padded channel]. */
export interface SpikeCosts {
  readonly windows: Uint32Array;
  readonly synapses: Uint32Array;
}

/**
 * @param next undefined if no layer of spikes follows: nothing is counted then
 * @throws {RangeError} if the costs of four neurons' spikes do not fit into 32 bits
 */
export function spikeCosts(
  { output: [height, width, channels] }: Pick<SpikeSource, 'output'>,
  next: SpikingLayer | undefined,
  levels: number,
): SpikeCosts {
  const pixels = height * width;
  const neurons = pixels * padChannels(channels);
  if (next === undefined) return { windows: new Uint32Array(pixels), synapses: new Uint32Array(neurons) };
  const { windows, synapses, parts } = synapseTables(next, padChannels(channels), levels);
  const whole = new Uint32Array(neurons);
  for (let i = 0; i < neurons; i++)
    for (let part = 0; part < parts; part++)
      whole[i]! += synapses[part * neurons + i]! * 2 ** (constants.synapseBits * part);
  if (whole.some((cost) => cost * 4 * levels >= 2 ** 32))
    throw new RangeError(`a neuron before ${next.name} has too many synapses to count its operations`);
  return { windows: Uint32Array.from(windows), synapses: whole };
}
