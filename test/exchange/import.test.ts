import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportedTensors } from '../../src/exchange/arrays.js';
import { type CheckpointFormat, importCheckpoint, importCheckpointFile } from '../../src/exchange/import.js';
import { writePlain } from '../../src/exchange/plain.js';
import { writeTensorLayer } from '../../src/exchange/tensorlayer/checkpoint.js';
import { writeTorch } from '../../src/exchange/torch.js';
import { encodeNpy, type NpyArray, npyHeader } from '../../src/formats/npy.js';
import { encodeSafetensors, type Tensor } from '../../src/formats/safetensors.js';
import { zip } from '../../src/formats/zip.js';
import { encodeCheckpoint } from '../../src/network/checkpoint.js';
import { blocksOf, chainLayers } from '../../src/network/layers.js';
import { ternarise } from '../../src/network/ternary.js';
import { randomNetwork } from '../network/random-network.js';
import { tiny, tinyParameters } from './tiny.js';

const writers = { tensorlayer: writeTensorLayer, npz: writePlain, safetensors: writeTorch };

describe('what is exported', () => {
  it.each(Object.keys(writers) as CheckpointFormat[])('comes back the same: %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async ({ network, parameters }) => {
        const file = await writers[format](network, exportedTensors(network, parameters, 'latent'));
        const again = await writers[format](network, exportedTensors(network, parameters, 'latent'));
        expect(Buffer.compare(file, again)).toBe(0);
        const imported = await importCheckpoint(file, network, 'file');
        expect(imported.format).toBe(format);
        expect(imported.checkpoint.parameters).toEqual(parameters);
      }),
      { numRuns: 15 },
    );
  });

  it('holds ternary weights where the network computes with them', async () => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async ({ network, parameters }) => {
        const file = await writePlain(network, exportedTensors(network, parameters, 'ternary'));
        const imported = (await importCheckpoint(file, network, 'file')).checkpoint.parameters;
        for (const { name, weights, output } of blocksOf(network)) {
          const latent = parameters.get(`${name}.weight`)!;
          const expected = weights === 'ternary' ? ternarise(latent, output[2]) : latent;
          expect([...imported.get(`${name}.weight`)!]).toEqual([...expected]);
        }
        expect(imported.get('dense.weight')).toEqual(parameters.get('dense.weight'));
      }),
      { numRuns: 10 },
    );
  });
});

describe('plain .npz files', () => {
  const npz = (change: (arrays: Map<string, NpyArray>) => void) => {
    const arrays = new Map<string, NpyArray>([
      ['conv1_w', { shape: [1, 1, 1, 1], data: Float32Array.of(1.5) }],
      ['bn1_gamma', { shape: [1], data: Float32Array.of(3) }],
      ['bn1_beta', { shape: [1], data: Float32Array.of(2) }],
      ['bn1_mean', { shape: [1], data: Float32Array.of(4) }],
      ['bn1_var', { shape: [1], data: Float32Array.of(5) }],
      ['fc_w', { shape: [1, 2], data: Float32Array.of(-1, 0.25) }],
    ]);
    change(arrays);
    return zip(new Map([...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)])));
  };

  it.each<[string, (arrays: Map<string, NpyArray>) => void]>([
    ['their names', () => undefined],
    [
      'our names',
      (arrays) => {
        arrays.set('conv1.variance', arrays.get('bn1_var')!);
        arrays.delete('bn1_var');
      },
    ],
    ['doubles', (arrays) => arrays.set('fc_w', { shape: [1, 2], data: Float64Array.of(-1, 0.25) })],
    ['small integers', (arrays) => arrays.set('bn1_mean', { shape: [1], data: Int8Array.of(4) })],
  ])('are read with %s', async (_, change) => {
    expect((await importCheckpoint(await npz(change), tiny, 'a.npz')).checkpoint.parameters).toEqual(tinyParameters);
  });

  it('tell convolutions in the order of PyTorch, where their shape can', async () => {
    const [block] = blocksOf(tiny);
    const input = [1, 1, 2] as const;
    const network = { ...tiny, input, layers: chainLayers([{ ...block!, input, output: [1, 1, 3] }], input, 2) };
    const file = await npz((arrays) => arrays.set('conv1_w', { shape: [3, 2, 1, 1], data: new Float32Array(6) }));
    await expect(importCheckpoint(file, network, 'a.npz')).rejects.toMatchObject({
      code: 'E_IMPORT_SHAPE',
      message: expect.stringContaining("[3, 2, 1, 1], which is PyTorch's order, [out, in, height, width]"),
      hint: 'Save w.transpose(2, 3, 1, 0) in its place, of all convolutions.',
    });
  });

  it('may hold transposed arrays, which lie in Fortran order', async () => {
    const [block] = blocksOf(tiny);
    const input = [1, 1, 2] as const;
    const layers = chainLayers([{ ...block!, input, output: [1, 1, 3] }], input, 2);
    const network = { ...tiny, input, layers };
    const file = new Map<string, Uint8Array>();
    const add = (name: string, shape: readonly number[], ...values: number[]) =>
      file.set(`${name}.npy`, encodeNpy({ shape, data: Float32Array.from(values) }));
    for (const role of ['gamma', 'beta', 'mean', 'var']) add(`bn1_${role}`, [3], 1, 2, 3);
    const transposed = (shape: readonly number[], ...values: number[]) =>
      Buffer.concat([
        Buffer.from(Buffer.from(npyHeader('<f4', shape)).toString('latin1').replace('False,', 'True, '), 'latin1'),
        Buffer.from(Float32Array.from(values).buffer),
      ]);
    file.set('conv1_w.npy', transposed([1, 1, 2, 3], 1, 4, 2, 5, 3, 6));
    file.set('fc_w.npy', transposed([3, 2], 1, 3, 5, 2, 4, 6));
    const { parameters } = (await importCheckpoint(await zip(file), network, 'a.npz')).checkpoint;
    expect(parameters.get('conv1.weight')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(parameters.get('dense.weight')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each<[string, (arrays: Map<string, NpyArray>) => void, object]>([
    [
      'a missing array',
      (arrays) => arrays.delete('bn1_beta'),
      {
        code: 'E_IMPORT_NAME',
        message: `a.npz can't be imported as a checkpoint of tiny: it has no array "bn1_beta", nor "conv1.beta".`,
        hint: 'It holds "conv1_w", "bn1_gamma", "bn1_mean", "bn1_var", "fc_w".',
      },
    ],
    [
      'one array too many',
      (arrays) => arrays.set('conv2_w', arrays.get('conv1_w')!),
      {
        code: 'E_IMPORT_NAME',
        message: expect.stringContaining('its array "conv2_w" belongs to no layer of that network.'),
      },
    ],
    [
      'another shape',
      (arrays) => arrays.set('fc_w', { shape: [2], data: Float32Array.of(1, 2) }),
      {
        code: 'E_IMPORT_SHAPE',
        message: expect.stringContaining('its array "fc_w" has the shape [2] instead of [1, 2].'),
      },
    ],
    [
      'a dense layer as PyTorch has it',
      (arrays) => arrays.set('fc_w', { shape: [2, 1], data: Float32Array.of(1, 2) }),
      {
        code: 'E_IMPORT_SHAPE',
        message: expect.stringContaining("which is PyTorch's order, [classes, inputs]"),
        hint: 'Save w.reshape(-1, 1, 1, 1).transpose(2, 3, 1, 0).reshape(1, -1) instead.',
      },
    ],
    [
      'NaN',
      (arrays) => arrays.set('bn1_mean', { shape: [1], data: Float32Array.of(Number.NaN) }),
      {
        code: 'E_IMPORT_VALUE',
        message: expect.stringContaining('its array "bn1_mean" holds values that are not finite float32 numbers.'),
      },
    ],
    [
      'a double beyond float32',
      (arrays) => arrays.set('bn1_mean', { shape: [1], data: Float64Array.of(1e39) }),
      { code: 'E_IMPORT_VALUE' },
    ],
    [
      'a negative variance',
      (arrays) => arrays.set('bn1_var', { shape: [1], data: Float32Array.of(-1) }),
      { code: 'E_IMPORT_VALUE', message: expect.stringContaining('its array "bn1_var" holds a negative variance.') },
    ],
  ])('are refused with %s', async (_, change, error) => {
    await expect(importCheckpoint(await npz(change), tiny, 'a.npz')).rejects.toMatchObject(error);
  });
});

describe('safetensors files of PyTorch', () => {
  const tensors = (): Map<string, Tensor> =>
    new Map<string, Tensor>([
      ['conv1.weight', { shape: [1, 1, 1, 1], data: Float32Array.of(1.5) }],
      ['bn1.weight', { shape: [1], data: Float32Array.of(3) }],
      ['bn1.bias', { shape: [1], data: Float32Array.of(2) }],
      ['bn1.running_mean', { shape: [1], data: Float32Array.of(4) }],
      ['bn1.running_var', { shape: [1], data: Float32Array.of(5) }],
      ['bn1.num_batches_tracked', { shape: [], data: BigInt64Array.of(700n) }],
      ['fc.weight', { shape: [2, 1], data: Float32Array.of(-1, 0.25) }],
    ]);
  const read = (all: Map<string, Tensor>, metadata = {}) =>
    importCheckpoint(encodeSafetensors({ tensors: all, metadata }), tiny, 'a.safetensors');

  it('are read, without their counts of batches', async () => {
    expect((await read(tensors())).checkpoint.parameters).toEqual(tinyParameters);
  });

  it('are read with what wrappers and layers put there that says nothing', async () => {
    const wrapped = new Map([...tensors()].map(([name, tensor]) => [`module._orig_mod.${name}`, tensor]));
    expect((await read(wrapped)).checkpoint.parameters).toEqual(tinyParameters);
    const zeros = tensors()
      .set('conv1.bias', { shape: [1], data: Float32Array.of(0) })
      .set('fc.bias', { shape: [2], data: new Float32Array(2) });
    expect((await read(zeros)).checkpoint.parameters).toEqual(tinyParameters);
    const last = tensors().set('fc.bias', { shape: [2], data: Float32Array.of(0, 1) });
    await expect(read(last)).rejects.toMatchObject({ hint: 'The last layer has no bias: train it with bias=False.' });
  });

  it('are refused with a bias, another shape, a missing tensor, or when they are ours', async () => {
    const bias = tensors().set('conv1.bias', { shape: [1], data: Float32Array.of(0.5) });
    await expect(read(bias)).rejects.toMatchObject({
      code: 'E_IMPORT_NAME',
      message: expect.stringContaining('its tensor "conv1.bias" is not zero, but only batch norm has a bias there'),
      hint: 'Batch norm follows and can take it over: bn1.running_mean -= conv1.bias, and then set conv1.bias to zero.',
    });
    const shape = tensors().set('fc.weight', { shape: [1, 2], data: Float32Array.of(-1, 0.25) });
    await expect(read(shape)).rejects.toMatchObject({
      code: 'E_IMPORT_SHAPE',
      message: expect.stringContaining('its tensor "fc.weight" has the shape [1, 2] instead of [2, 1].'),
    });
    const missing = tensors();
    missing.delete('bn1.weight');
    await expect(read(missing)).rejects.toMatchObject({
      code: 'E_IMPORT_NAME',
      message: expect.stringContaining('it has no tensor "bn1.weight".'),
    });
    const ours = encodeCheckpoint({ network: tiny, parameters: tinyParameters, epoch: 1, seed: 1 });
    await expect(importCheckpoint(ours, tiny, 'a')).rejects.toMatchObject({
      code: 'E_IMPORT_FORMAT',
      message: expect.stringContaining('it is a checkpoint of Spikeline already'),
    });
  });
});

describe('hostile and damaged files', () => {
  const deflated = async (name: string, bytes: Uint8Array) => {
    const archive = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
    await archive.add(name, new Uint8ArrayReader(bytes));
    return archive.close();
  };
  const refuse = (bytes: Uint8Array, error: object) =>
    expect(importCheckpoint(bytes, tiny, 'a.npz')).rejects.toMatchObject(error);

  it('are not unpacked beyond what a network needs', async () => {
    const bomb = await deflated('conv1_w.npy', new Uint8Array(20_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    await refuse(bomb, { code: 'E_IMPORT_UNSAFE', message: expect.stringContaining('unpacks to more than') });
    // The same, with a lie about its size.
    const lie = Buffer.from(bomb);
    const size = Buffer.from(Uint32Array.of(20_000_000).buffer);
    for (let at = lie.indexOf(size); at >= 0; at = lie.indexOf(size)) lie.writeUInt32LE(1000, at);
    await refuse(lie, { code: 'E_IMPORT_UNSAFE' });
  });

  it('are not read when they are far too large', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spikeline-import-'));
    try {
      const file = join(folder, 'large.npz');
      writeFileSync(file, '');
      truncateSync(file, 5e9);
      await expect(importCheckpointFile(file, tiny)).rejects.toMatchObject({
        code: 'E_IMPORT_UNSAFE',
        message: expect.stringContaining(
          "large.npz can't be imported as a checkpoint of tiny: it has 5000000000 bytes",
        ),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("can't name files elsewhere, hold folders, or what is no array", async () => {
    const npy = encodeNpy({ shape: [1], data: Float32Array.of(1) });
    const traversal = Buffer.from(await zip(new Map([['aaaaaa.npy', npy]])));
    for (let at = traversal.indexOf('aaaaaa'); at >= 0; at = traversal.indexOf('aaaaaa')) traversal.write('../../', at);
    await refuse(traversal, { code: 'E_IMPORT_UNSAFE', message: expect.stringContaining('Unsafe filename') });
    await refuse(await zip(new Map([['archive/data.pkl', npy]])), {
      code: 'E_IMPORT_FORMAT',
      message: expect.stringContaining('it is not an .npz file: it holds "archive/data.pkl"'),
      hint: expect.stringContaining('safetensors.torch.save_file'),
    });
  });

  it('are noticed by their checksum', async () => {
    const file = Buffer.from(await writePlain(tiny, exportedTensors(tiny, tinyParameters, 'latent')));
    file[file.indexOf(Buffer.from(Float32Array.of(0.25).buffer))]! ^= 1;
    await refuse(file, { code: 'E_IMPORT_FORMAT', message: expect.stringContaining('Invalid CRC32') });
  });

  it('of neither format are told what to do', async () => {
    await refuse(Buffer.from('just a text, not even short'), {
      code: 'E_IMPORT_FORMAT',
      message: "a.npz can't be imported as a checkpoint of tiny: it is neither an .npz nor a safetensors file.",
    });
  });

  it('with shapes far beyond their bytes take no memory', async () => {
    const huge = Buffer.concat([npyHeader('<f4', [1e9, 1e9]), new Uint8Array(8)]);
    await refuse(await zip(new Map([['conv1_w.npy', huge]])), {
      code: 'E_DATA_NPY',
      message: expect.stringContaining(
        'The array "conv1_w" of a.npz is not a NumPy file that can be read: its shape [1000000000, 1000000000] is larger',
      ),
    });
  });

  it('end in a message or a checkpoint, whatever byte is wrong', async () => {
    const tensors = exportedTensors(tiny, tinyParameters, 'latent');
    const files = [await writeTensorLayer(tiny, tensors), await writePlain(tiny, tensors), writeTorch(tiny, tensors)];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.nat(255), async (file, at, value) => {
        const bytes = file.slice();
        bytes[at % bytes.length] = value;
        await importCheckpoint(bytes, tiny, 'a.npz').catch((error: { code?: string }) => {
          expect(error.code).toMatch(/^E_(IMPORT_[A-Z]+|DATA_NPY|SAFETENSORS)$/);
        });
      }),
      { numRuns: 300 },
    );
  });
});
