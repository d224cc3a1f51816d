import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { convert } from '../../src/spiking/convert.js';
import { batchOf, customNetwork, liveParameters, quantised } from './examples.js';

/** Fewer rows, channels and images than there are threads. */
const network = customNetwork(
  [7, 5, 3],
  [
    { kernel: [3, 3], stride: 2, padding: [1, 1], channels: 9 },
    { kernel: [2, 3], padding: [0, 1], channels: 20 },
  ],
  quantised(3, 8),
);
const parameters = liveParameters(network, 2);

/** Two steps, and then the spiking network. */
async function results(batch: number, threads: number) {
  const options = { batch, threads };
  const { images, labels } = batchOf(network, batch, 4);
  const trainer = await wasmEngine.trainer(network, { parameters }, options);
  const steps = [await trainer.step(images, labels, 1e-3), await trainer.step(images, labels, 1e-3)];
  const trained = await trainer.parameters();
  await trainer.close();
  const simulator = await wasmEngine.simulator(convert(network, trained).network, options);
  const { logits, levels, counts } = await simulator.simulate(images, batch, undefined, true);
  await simulator.close();
  return { steps, trained, logits: logits.slice(), levels: levels.map((spikes) => spikes.slice()), counts };
}

describe('24 threads', () => {
  it('compute the same bits as one', async () => {
    const alone = await results(2, 1);
    expect(await results(2, 24)).toEqual(alone);
    expect(alone.counts.every(({ spikes }) => spikes > 0)).toBe(true);
  });
});

describe('batches of any size', () => {
  it.each([1, 2, 7, 33])('compute the same bits with one thread and with three: %i', async (batch) => {
    expect(await results(batch, 3)).toEqual(await results(batch, 1));
  });
});
