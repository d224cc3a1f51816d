import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WasmSimulator } from '../../src/engine/wasm/simulator.js';
import { importCheckpoint } from '../../src/exchange/import.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { parseNpy } from '../spiking/npz.js';
import { quantised } from './examples.js';

// The authors' trained LeNet and what their own simulator counts for it. The files are not part of the repository.
const folder = join(packageRoot, '..', 'shared', 'reference');
const present = existsSync(join(folder, 'lenet_k1B2.json'));

describe.skipIf(!present)(
  `the paper's own checkpoint on the engine${present ? '' : ` (skipped: no folder ${folder})`}`,
  () => {
    it('gives the spikes, operations, predictions and logits of their simulator', async () => {
      const expected = JSON.parse(readFileSync(join(folder, 'lenet_k1B2.json'), 'utf8'));
      const lenet = preset('lenet', { precision: quantised(1, 2) });
      const file = join(folder, 'model_mnist.npz');
      const { parameters } = (await importCheckpoint(readFileSync(file), lenet, file)).checkpoint;
      const images = Float32Array.from(parseNpy(readFileSync(join(folder, 'images_u8.npy'))), (pixel) => pixel / 256);
      const simulator = await WasmSimulator.create(convert(lenet, parameters).network, { batch: 200, threads: 2 });
      const { logits, counts } = simulator.simulate(images, 200);
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
      for (const [i, row] of (expected.logits_first3 as number[][]).entries())
        for (const [c, value] of row.entries()) expect(Math.abs(logits[i * 10 + c]! / value - 1)).toBeLessThan(1e-9);
    });
  },
);
