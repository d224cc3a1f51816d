import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { writeArrays } from '../../src/formats/npz.js';
import { elements } from '../../src/formats/shape.js';
import { zip } from '../../src/formats/zip.js';
import { packageRoot } from '../../src/paths.js';
import { randomNumbers } from '../network/random-network.js';
import { digestOf, simulatorArrays, simulatorCounts, weightDigests } from '../spiking/authors-lenet.js';
import { readNpz } from '../spiking/npz.js';
import { type Sandbox, test } from './program.js';

/** Shapes of a network of the notation 3C3-P2-4 on images of 6×6, by the names of plain files. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  ...{ conv1_w: [3, 3, 1, 3], conv2_w: [2, 2, 3, 3], conv3_w: [3, 3, 3, 4], fc_w: [4, 3] },
  ...Object.fromEntries(
    [3, 3, 4].flatMap((channels, i) =>
      ['gamma', 'beta', 'mean', 'var'].map((role) => [`bn${i + 1}_${role}`, [channels]]),
    ),
  ),
};

/** Random parameters of that network, γ of both signs among them. */
function randomArrays() {
  const random = randomNumbers(11);
  const values = (name: string, size: number) =>
    Float32Array.from({ length: size }, () =>
      name.endsWith('_var') ? 2 * random() : random() - (name.endsWith('gamma') ? 0.3 : 0.5),
    );
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: values(name, elements(shape)) }]),
  );
}

async function writeInputs(box: Sandbox): Promise<void> {
  const random = randomNumbers(12);
  const bytes = (...shape: number[]) => ({
    shape,
    data: Uint8Array.from({ length: elements(shape) }, () => (shape.length === 1 ? 3 : 256) * random()),
  });
  writeFileSync(box.path('images.npy'), encodeNpy(bytes(250, 6, 6, 1)));
  writeFileSync(box.path('labels.npy'), encodeNpy(bytes(250)));
  writeFileSync(box.path('model.npz'), await writeArrays(randomArrays()));
}

const data = `  data:
    uses: dataset
    with:
      name: custom
      train: { images: images.npy, labels: labels.npy }
      test: { images: images.npy, labels: labels.npy }
`;
const imported = (file: string, more = '') => `
    uses: import-checkpoint
    inputs: { checkpoint: { file: ${file} }, data: data }
    with: { network: 3C3-P2-4, k: 1, B: 1${more} }
`;

interface Drawn {
  readonly correct: number;
  readonly spikesPerImage: number;
  readonly batches: object;
  readonly repetitions: readonly { readonly seed: number; readonly correct: number; readonly spikesPerImage: number }[];
}

describe.concurrent('import and export', () => {
  test('what is odd about own data is told by each run, and its numbers are shown', async ({ box }) => {
    writeFileSync(
      box.path('x.npy'),
      encodeNpy({ shape: [4, 2, 2], data: Uint8Array.from({ length: 16 }, (_, i) => i) }),
    );
    writeFileSync(box.path('y.npy'), encodeNpy({ shape: [4], data: new Uint8Array(4) }));
    const split = '{ images: x.npy, labels: y.npy }';
    box.write(
      'p.yaml',
      `name: p\nstages:\n  d: { uses: dataset, with: { name: mine, train: ${split}, test: ${split} } }\n`,
    );
    for (const count of ['ran 1, cached 0', 'ran 0, cached 1']) {
      const { code, out, err } = await box.run(['run', 'p.yaml']);
      expect([code, out + err]).toEqual([0, expect.stringContaining('d: There is only one class: all labels are 0.')]);
      expect(out + err).toContain(count);
    }
    const { out } = await box.run(['show', 'p.yaml', '--json']);
    const metrics = { pixelMean: 7.5, pixelMax: 15, trainPerClass: [4], source: 'the user’s own files' };
    expect(JSON.parse(out)).toMatchObject([{ task: 'd', metrics }]);
  });

  test('what is exported can be imported again, is the same every time, and can be run', async ({ box }) => {
    await writeInputs(box);
    const formats = ['npz', 'tensorlayer', 'safetensors'];
    box.write(
      'p.yaml',
      `name: p
axes: { noise: [0, 0.5] }
stages:
${data}  checkpoint:${imported('model.npz')}
  convert: { uses: snn-convert, inputs: { checkpoint: checkpoint, data: data } }
  snn: { uses: snn-infer, over: [noise], inputs: { network: convert, data: data }, with: { noise: '\${{ noise }}' } }
  draws: { uses: snn-infer, over: [noise], inputs: { network: convert, data: data }, with: { noise: '\${{ noise }}', seed: [1, 2, 3] } }
  logs: { uses: authors-logs, over: [noise], inputs: { snn: snn } }
  models: { uses: export, inputs: { checkpoint: checkpoint }, with: { formats: [${formats.join(', ')}, onnx, nir], weights: latent } }
  spiking: { uses: export, inputs: { network: convert }, with: { formats: [nir] } }
expect:
  - { stage: convert, metric: neuronsDifferent, value: 0 }
`,
    );
    const { code, out } = await box.run(['run', 'p.yaml']);
    expect({ code, out }).toMatchObject({ code: 0 });
    expect((await box.run(['check', 'p.yaml'])).code).toBe(0);

    // Two batches, of 200 images and of 50.
    const result = JSON.parse(box.read('artifacts/p/snn/0/result.json')) as Record<string, number>;
    const log = (name: string) => box.read(`artifacts/p/logs/0/figs/k1B1/${name}.txt`).trim().split('\n').map(Number);
    for (const [name, metric] of [
      ['accuracy', 'correct'],
      ['spike_num', 'spikes'],
      ['sop_num', 'sops'],
    ] as const) {
      expect(log(name)).toHaveLength(2);
      expect(log(name)[0]! + log(name)[1]!).toBe(result[metric]);
    }
    const images = await readNpz(box.path('artifacts/p/snn/0/images.npz'));
    expect(['logits', 'predictions', 'labels'].map((name) => images.get(name)!.length)).toEqual([750, 250, 250]);
    const hits = images.get('predictions')!.filter((predicted, i) => predicted === images.get('labels')![i]);
    expect(hits).toHaveLength(result.correct!);

    // Seeds of noise in one task: the first as if it were alone, and no others where there is no noise.
    expect(box.read('artifacts/p/draws/0/result.json')).toBe(box.read('artifacts/p/snn/0/result.json'));
    const single = JSON.parse(box.read('artifacts/p/snn/0.5/result.json')) as Drawn;
    const draws = JSON.parse(box.read('artifacts/p/draws/0.5/result.json')) as Drawn;
    expect(draws.repetitions.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(draws.repetitions[0]).toMatchObject({ correct: single.correct, spikesPerImage: single.spikesPerImage });
    expect(new Set(draws.repetitions.map(({ spikesPerImage }) => spikesPerImage)).size).toBe(3);
    expect(draws.correct).toBeCloseTo(draws.repetitions.reduce((sum, { correct }) => sum + correct, 0) / 3, 9);
    expect(draws.batches).toEqual(single.batches);
    const drawn = await readNpz(box.path('artifacts/p/draws/0.5/images.npz'));
    const alone = await readNpz(box.path('artifacts/p/snn/0.5/images.npz'));
    expect(drawn.get('logits')!.subarray(0, 750)).toEqual(alone.get('logits'));
    expect(drawn.get('predictions')).toHaveLength(3 * 250);

    const models = 'artifacts/p/models/models';
    const files = ['model.npz', 'model.tensorlayer.npz', 'model.safetensors'];
    box.write(
      'again.yaml',
      `name: again\nstages:\n${data}${formats.map((format, i) => `  ${format}:${imported(`${models}/${files[i]}`)}`).join('')}`,
    );
    expect((await box.run(['run', 'again.yaml'])).code).toBe(0);
    const checkpoint = readFileSync(box.path('artifacts/p/checkpoint/checkpoint.safetensors'));
    for (const format of formats)
      expect(
        Buffer.compare(readFileSync(box.path(`artifacts/again/${format}/checkpoint.safetensors`)), checkpoint),
      ).toBe(0);
    // From the checkpoint or from what was made of it: one spiking network.
    const nir = [`${models}/model.nir`, 'artifacts/p/spiking/models/model.nir'].map((file) =>
      readFileSync(box.path(file)),
    );
    expect(Buffer.compare(nir[0]!, nir[1]!)).toBe(0);
    expect(await box.run(['verify', 'p.yaml', 'models'])).toMatchObject({ code: 0 });
  });

  test('mistakes are told with the array, its shape, and what to do', async ({ box }) => {
    await writeInputs(box);
    const arrays = randomArrays();
    writeFileSync(
      box.path('shape.npz'),
      await writeArrays({ ...arrays, bn2_mean: { shape: [4], data: new Float32Array(4) } }),
    );
    const { fc_w: _, ...incomplete } = arrays;
    writeFileSync(box.path('incomplete.npz'), await writeArrays(incomplete));
    const program = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x46\x00', 'latin1'),
      Buffer.from(`{'descr': '|O', 'fortran_order': False, 'shape': (1,), }`.padEnd(69)),
      Buffer.from('\n\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.', 'latin1'),
    ]);
    writeFileSync(box.path('program.npz'), await zip(new Map([['params.npy', program]])));
    box.write('text.pth', 'what is this?');
    box.write(
      'p.yaml',
      `name: p
stages:
${data}  shape:${imported('shape.npz')}  incomplete:${imported('incomplete.npz')}  program:${imported('program.npz')}  text:${imported('text.pth')}
  sound:${imported('model.npz')}
`.replace('\n\n', '\n'),
    );
    const notation = '3C3-P2-4';
    expect(await box.failures(['p.yaml', '--keep-going'])).toEqual({
      shape: {
        code: 'E_IMPORT_SHAPE',
        message: `shape.npz can't be imported as a checkpoint of ${notation}: its array "bn2_mean" has the shape [4] instead of [3].`,
      },
      incomplete: {
        code: 'E_IMPORT_NAME',
        message: `incomplete.npz can't be imported as a checkpoint of ${notation}: it has no array "fc_w", nor "dense.weight".`,
        hint: 'It holds "conv1_w", "conv2_w", "conv3_w", "bn1_gamma", "bn1_beta", "bn1_mean", "bn1_var", "bn2_gamma", "bn2_beta", "bn2_mean", "bn2_var", "bn3_gamma", and 3 more.',
      },
      program: {
        code: 'E_IMPORT_UNSAFE',
        message: `program.npz can't be imported as a checkpoint of ${notation}: it refers to "os.system", which is not part of an array.`,
      },
      text: {
        code: 'E_IMPORT_FORMAT',
        message: `text.pth can't be imported as a checkpoint of ${notation}: it is neither an .npz nor a safetensors file.`,
        hint: expect.stringContaining('safetensors.torch.save_file'),
      },
    });
  });

  test("the authors' checkpoint gives what their simulator gives", async ({ box }) => {
    cpSync(join(packageRoot, 'pipelines/authors-lenet.yaml'), box.path('authors-lenet.yaml'));
    cpSync(join(packageRoot, 'pipelines/data/authors-lenet'), box.path('data/authors-lenet'), { recursive: true });
    box.write(
      'p.yaml',
      `name: p
extends: [authors-lenet.yaml]
stages:
  logs: { uses: authors-logs, inputs: { snn: snn } }
  models: { uses: export, inputs: { checkpoint: checkpoint }, with: { formats: [npz] } }
`,
    );
    expect(await box.run(['run', 'p.yaml'])).toMatchObject({ code: 0 });
    const check = await box.run(['check', 'p.yaml']);
    expect([check.code, check.out]).toEqual([0, expect.stringContaining('4 of 4 met')]);
    const expected = simulatorCounts();
    interface Counted {
      readonly spikes: number;
      readonly sops: number;
    }
    const result = JSON.parse(box.read('artifacts/p/snn/result.json')) as Counted & {
      readonly correct: number;
      readonly layers: readonly Counted[];
    };
    expect({
      spikes: [result.spikes, result.layers.map((layer) => layer.spikes)],
      sops: [result.sops, result.layers.slice(1).map((layer) => layer.sops)],
    }).toEqual({
      spikes: [expected.spike_num_total, expected.spikes_per_layer],
      sops: [expected.sop_num_total, expected.sops_per_layer_2to6],
    });
    const images = await readNpz(box.path('artifacts/p/snn/images.npz'));
    expect([...images.get('predictions')!]).toEqual(expected.predictions);
    const theirs = (await simulatorArrays()).get('logits')!;
    const errors = Array.from(images.get('logits') as Float64Array, (logit, i) =>
      Math.abs(logit / (theirs[i] as number) - 1),
    );
    expect(errors).toHaveLength(2000);
    expect(Math.max(...errors)).toBeLessThan(1e-9);
    const log = (name: string) => box.read(`artifacts/p/logs/figs/k1B2/${name}.txt`);
    expect([log('accuracy'), log('spike_num'), log('sop_num')]).toEqual([
      `${result.correct}\n`,
      `${expected.spike_num_total}\n`,
      `${expected.sop_num_total}\n`,
    ]);
    // And out again: the weights are ternary as the authors store them.
    const plain = await readNpz(box.path('artifacts/p/models/models/model.npz'));
    expect(Object.fromEntries([...plain].map(([name, data]) => [name, digestOf(data)]))).toEqual(weightDigests());
  });
});
