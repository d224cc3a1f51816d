import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elements } from '../../src/formats/shape.js';
import type { Network } from '../../src/network/architecture.js';
import { type BlockDescription, chainLayers } from '../../src/network/layers.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { spikeSources } from '../../src/spiking/network.js';
import { randomNetwork } from '../network/random-network.js';
import { annForward, convolve } from '../network/reference-ann.js';
import { simulate } from './reference-simulator.js';

describe('conversion', () => {
  it('gives a network in which every neuron decides as in the ANN', () => {
    fc.assert(
      fc.property(randomNetwork, ({ network, parameters, image }) => {
        const ann = annForward(network, parameters, image);
        const snn = simulate(convert(network, parameters).network, image);
        expect(snn.spikes.map((layer) => [...layer])).toEqual(ann.activations.map((layer) => [...layer]));
        const n = network.precision.kind === 'quantised' ? 2 ** network.precision.k : 1;
        expect([...snn.logits]).toEqual([...ann.logits].map((logit) => n * logit));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps membranes within the reported bounds, and thresholds in order', () => {
    fc.assert(
      fc.property(randomNetwork, ({ network, parameters, image }) => {
        const conversion = convert(network, parameters);
        const { levels } = conversion.network;
        const sources = spikeSources(conversion.network);
        for (const { thresholds } of sources)
          for (let i = 0; i < thresholds.length; i++)
            if (i % levels > 0) expect(thresholds[i]! >= thresholds[i - 1]!).toBe(true);
        const { spikes } = simulate(conversion.network, image);
        for (const [i, layer] of sources.slice(1).entries()) {
          const [minimum, maximum] = conversion.layers[i + 1]!.membrane!;
          for (const membrane of convolve(layer, layer.weights, spikes[i]!))
            expect(membrane >= minimum && membrane <= maximum).toBe(true);
        }
      }),
    );
  });

  it('reports what it did to each layer', () => {
    const layer = (name: string, weights: 'float' | 'ternary'): BlockDescription => ({
      ...{ name, kernel: [1, 1], stride: 1, padding: [0, 0], input: [1, 1, 3], output: [1, 1, 3], weights },
    });
    const network: Network = {
      name: 'tiny',
      input: [1, 1, 3],
      classes: 2,
      precision: { kind: 'quantised', k: 0, B: 2 },
      layers: chainLayers([layer('conv1', 'float'), layer('conv2', 'ternary')], [1, 1, 3], 2),
    };
    const parameters = new Map(
      parameterShapes(network).map(({ name, shape, role }) => {
        const values = new Float32Array(elements(shape)).fill(role === 'beta' || role === 'mean' ? 0 : 1);
        return [name, values];
      }),
    );
    parameters.get('conv2.gamma')!.set([2, -1, 0]);
    parameters.get('conv2.beta')!.set([0, 0, 1]);
    parameters.get('conv2.weight')!.set([1, 1, -1, 0, 0, 1, 1, 1, 0]);
    const conversion = convert(network, parameters);
    const [, converted] = spikeSources(conversion.network);
    expect([...converted!.weights]).toEqual([1, -1, -1, 0, 0, 1, 1, -1, 0]);
    // θ = (j + ½)·√(1 + ε)/γ: the smallest integers from there; the last channel is always at level 1.
    expect([...converted!.thresholds]).toEqual([1, 1, 1, 2, -(2 ** 31), 2 ** 31 - 1]);
    expect(conversion.layers[1]).toEqual({
      name: 'conv2',
      channels: 3,
      negatedChannels: 1,
      constantChannels: 1,
      correctedThresholds: 0,
      density: 2 / 3,
      thresholds: [1, 2],
      membrane: [-4, 4],
    });
  });

  it('refuses a network that is not quantised', () => {
    const network = preset('lenet', { precision: { kind: 'fp32' } });
    expect(() => convert(network, new Map())).toThrow(
      'An fp32 network has no quantised activations, so no number of spikes can stand for them.',
    );
  });
});
