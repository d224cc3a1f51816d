import fc from 'fast-check';
import { expect, it } from 'vitest';
import { initialParameters } from '../../src/network/initialise.js';
import { blocksOf } from '../../src/network/layers.js';
import { spikesPerUnit } from '../../src/network/precision.js';
import { network as preset } from '../../src/network/presets.js';
import { batchNorm } from '../../src/network/quantise.js';
import { parametersFor } from '../../src/network/rounding.js';
import { tiny, tinyParameters } from '../exchange/tiny.js';
import { randomNetwork } from './random-network.js';
import { annForward, convolve } from './reference-ann.js';

/** Python's and TensorFlow's round. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

it("rounds n·y + 1e-5 half to even, as the authors' program does, up to float32", () => {
  fc.assert(
    fc.property(randomNetwork, ({ network, parameters, image }) => {
      const { precision } = network;
      if (precision.kind === 'fp32') return;
      const n = spikesPerUnit(precision.k);
      const layer = blocksOf(network)[0]!;
      const z = convolve(layer, parameters.get(`${layer.name}.weight`)!, image);
      const levels = annForward(network, parametersFor('paper', network, parameters), image).activations[0]!;
      for (const [i, sum] of z.entries()) {
        const of = (role: string) => parameters.get(`${layer.name}.${role}`)![i % layer.output[2]]!;
        const y = batchNorm(sum, { gamma: of('gamma'), beta: of('beta'), mean: of('mean'), variance: of('variance') });
        const value = n * Math.min(Math.max(y, 0), precision.B) + 1e-5;
        if (Math.abs(value - Math.floor(value) - 0.5) < 1e-6) continue;
        expect(levels[i]).toBe(halfToEven(value));
      }
    }),
    { numRuns: 200 },
  );
});

it('moves what lies within 1e-5 below a limit, and nothing else', () => {
  const level = (beta: number, rounding: 'half-up' | 'paper') => {
    const parameters = new Map(tinyParameters)
      .set('conv1.beta', Float32Array.of(beta))
      .set('conv1.gamma', Float32Array.of(0));
    return annForward(tiny, parametersFor(rounding, tiny, parameters), Float32Array.of(0)).activations[0]![0];
  };
  const betas = [0.5 - 2e-5, 0.5 - 5e-6, 0.5 + 5e-6];
  expect(betas.map((beta) => level(beta, 'half-up'))).toEqual([0, 0, 1]);
  expect(betas.map((beta) => level(beta, 'paper'))).toEqual([0, 1, 1]);
});

it('is nothing to a float network', () => {
  const network = preset('lenet', { precision: { kind: 'fp32' } });
  const parameters = initialParameters(network, 1);
  expect(parametersFor('paper', network, parameters)).toBe(parameters);
});
