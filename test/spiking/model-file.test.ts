import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/error.js';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/formats/safetensors.js';
import { convert } from '../../src/spiking/convert.js';
import { decodeSpikingNetwork, encodeSpikingNetwork } from '../../src/spiking/model-file.js';
import { randomNetwork } from '../network/random-network.js';

const example = fc.sample(randomNetwork, { seed: 7, numRuns: 1 })[0]!;
const spiking = convert(example.network, example.parameters).network;

function changed(change: (tensors: Map<string, Tensor>, metadata: Record<string, string>) => void): Uint8Array {
  const file = decodeSafetensors(encodeSpikingNetwork(spiking), 'file');
  const tensors = new Map(file.tensors);
  const metadata = { ...file.metadata };
  change(tensors, metadata);
  return encodeSafetensors({ tensors, metadata });
}

/** Replaces a tensor's values and keeps its shape. */
function filled(name: string, value: number): Uint8Array {
  return changed((tensors) => {
    const { shape, data } = tensors.get(name)!;
    tensors.set(name, { shape, data: (data as Float32Array).slice().fill(value) });
  });
}

describe('files of spiking networks', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(randomNetwork, ({ network, parameters }) => {
        const { network: converted } = convert(network, parameters);
        expect(decodeSpikingNetwork(encodeSpikingNetwork(converted), 'file')).toEqual(converted);
      }),
    );
  });

  it.each<[string, Uint8Array, string]>([
    [
      'another format',
      changed((_, metadata) => Object.assign(metadata, { format: 'spikeline-checkpoint/1' })),
      'its metadata name the format "spikeline-checkpoint/1" instead of "spikeline-spiking-network/1"',
    ],
    ['no description', changed((_, metadata) => delete metadata.network), 'the description of its network is wrong'],
    [
      'a missing tensor',
      changed((tensors) => tensors.delete('conv2.thresholds')),
      'the tensor "conv2.thresholds" is missing',
    ],
    [
      'real thresholds in an integer layer',
      changed((tensors) => tensors.set('conv2.thresholds', { shape: [0], data: new Float64Array(0) })),
      'the tensor "conv2.thresholds" has the wrong type',
    ],
    [
      'weights that are not ternary',
      filled('conv2.weight', 2),
      'the weights of the layer "conv2" are not all −1, 0 or +1',
    ],
    [
      'a threshold that is no number',
      filled('conv1.thresholds', Number.NaN),
      'the thresholds of the layer "conv1" are not in order',
    ],
  ])('with %s are refused', (_, bytes, problem) => {
    expect(() => decodeSpikingNetwork(bytes, 'network.safetensors')).toThrow(
      new UserError('E_SPIKING_NETWORK', `network.safetensors is not a spiking network that can be used: ${problem}.`),
    );
  });
});
