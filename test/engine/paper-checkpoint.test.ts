import { describe, expect, it } from 'vitest';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { authorsImages, authorsParameters, simulatorCounts } from '../spiking/authors-lenet.js';
import { quantised } from './examples.js';

describe("the paper's own checkpoint on the engine", () => {
  it('gives the spikes, operations, predictions and logits of their simulator', async () => {
    const expected = simulatorCounts();
    const lenet = preset('lenet', { precision: quantised(1, 2) });
    const simulator = await WasmSimulator.create(convert(lenet, await authorsParameters(lenet)).network, {
      batch: 200,
      threads: 1,
    });
    const { logits, counts } = await simulator.simulate(authorsImages(), 200);
    await simulator.close();
    const paper = counts.slice(1).map(({ eventOperations }) => eventOperations * 2 * 4);
    const prediction = (i: number) => {
      const own = [...logits.subarray(i * 10, (i + 1) * 10)];
      return own.indexOf(Math.max(...own));
    };
    expect({
      spikes: counts.map(({ spikes }) => spikes),
      total: counts.reduce((sum, { spikes }) => sum + spikes, 0),
      sops: paper,
      allSops: paper.reduce((a, b) => a + b),
      predictions: Array.from({ length: 200 }, (_, i) => prediction(i)),
    }).toEqual({
      spikes: expected.spikes_per_layer,
      total: expected.spike_num_total,
      sops: expected.sops_per_layer_2to6,
      allSops: expected.sop_num_total,
      predictions: expected.predictions,
    });
    for (const [i, row] of expected.logits_first3.entries())
      for (const [c, value] of row.entries()) expect(Math.abs(logits[i * 10 + c]! / value - 1)).toBeLessThan(1e-9);
  });
});
