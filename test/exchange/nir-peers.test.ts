// What Python's own packages make of an exported network: `nir` and, where it is installed, SpikingJelly.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeNirFile } from '../../src/exchange/nir/file.js';
import { nirGraph } from '../../src/exchange/nir/graph.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { permute } from '../../src/formats/shape.js';
import { network } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { hasPackages, python } from '../peers/python.js';
import { authorsImages, authorsParameters, simulatorCounts } from '../spiking/authors-lenet.js';

const folder = mkdtempSync(join(tmpdir(), 'spikeline-nir-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const present = hasPackages(['nir']);

it.skipIf(!present)(
  "predict with a network in single precision as the authors' simulator does",
  async () => {
    const lenet = network('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
    const model = join(folder, 'model.nir');
    await writeNirFile(model, nirGraph(convert(lenet, await authorsParameters(lenet)).network, 'float32'));
    const images = authorsImages();
    const [height, width, channels] = lenet.input;
    const count = images.length / (height * width * channels);
    const nchw = permute({ shape: [count, height, width, channels], data: images }, [0, 3, 1, 2]);
    writeFileSync(join(folder, 'images.npy'), encodeNpy(nchw));
    const script = join(packageRoot, 'test/peers/nir_networks.py');
    const told = execFileSync(python, [script, model, join(folder, 'images.npy')], { encoding: 'utf8' });
    const predictions = JSON.parse(told) as Record<string, readonly number[]>;
    const frameworks = hasPackages(['nirtorch', 'torch', 'spikingjelly']) ? ['spikingjelly'] : [];
    expect(Object.keys(predictions)).toEqual(['nir', ...frameworks]);
    for (const [peer, classes] of Object.entries(predictions))
      expect({ peer, classes }).toEqual({ peer, classes: simulatorCounts().predictions });
  },
  600_000,
);
