import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import type { Network } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { batchOf, customNetwork, fp32, quantised } from './examples.js';

const vggLike = customNetwork(
  [12, 12, 3],
  [
    { kernel: [3, 3], padding: [1, 1], channels: 64 },
    { kernel: [3, 3], padding: [1, 1], channels: 64 },
    { kernel: [2, 2], stride: 2, channels: 128 },
    { kernel: [3, 3], padding: [1, 1], channels: 128 },
    { kernel: [6, 6], channels: 64 },
  ],
  quantised(1, 2),
);

const cases: Record<string, { network: Network; golden: string }> = {
  'LeNet k1B2': {
    network: preset('lenet', { precision: quantised(1, 2) }),
    golden: '3689373ccad04468bcbb331d6bbe08471bc0552b5723bcc566091ffe737237b8',
  },
  'LeNet fp32': {
    network: preset('lenet', { precision: fp32 }),
    golden: '5b515d837e3e6321a285b73f95ad4961f222b19d3f0bd436e4947d8d2ddbc859',
  },
  'small VGG k1B2': { network: vggLike, golden: '6f69b519068a56f181408606089f9212ca847f4828e14ece9ca819c186ad1a73' },
};

const batch = 20;
const steps = 6;

/** Two short epochs, then inference of both networks: all results in one hash. */
async function fingerprint(network: Network, threads: number): Promise<string> {
  const hash = createHash('sha256');
  const options = { batch, threads };
  const trainer = await wasmEngine.trainer(network, { parameters: initialParameters(network, 1) }, options);
  for (let step = 0; step < steps; step++) {
    const { images, labels } = batchOf(network, batch, 1 + (step % (steps / 2)));
    const { loss, correct } = trainer.step(images, labels, 1e-3);
    hash.update(JSON.stringify([loss, correct]));
  }
  const parameters = trainer.parameters();
  await trainer.close();
  for (const [name, values] of parameters) hash.update(name).update(new Uint8Array(values.buffer));

  const { images } = batchOf(network, batch, 9);
  const evaluator = await wasmEngine.evaluator(network, parameters, options);
  const { logits } = evaluator.evaluate(images, batch);
  hash.update(new Uint8Array(logits.buffer));
  await evaluator.close();
  if (network.precision.kind === 'fp32') return hash.digest('hex');
  const simulator = await wasmEngine.simulator(convert(network, parameters).network, options);
  const noisy = simulator.simulate(images, batch, { probability: 0.3, seed: 5, firstImage: 40 }, true);
  for (const spikes of noisy.levels) hash.update(spikes);
  hash.update(JSON.stringify(noisy.counts));
  await simulator.close();
  return hash.digest('hex');
}

// If a change of the arithmetic is meant, the golden hashes change with it – and so do all results ever cached.
describe.each(Object.entries(cases))('%s', (_, { network, golden }) => {
  it.each([1, 2, 3, 4])('gives the same bits with %i threads', async (threads) => {
    expect(await fingerprint(network, threads)).toBe(golden);
  });
});
