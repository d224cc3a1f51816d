import { mkdir, readFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { conversionProblems, knownNetwork } from '../src/experiment/origin.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

const formats = ['npz', 'tensorlayer', 'safetensors', 'onnx', 'nir'] as const;

export default defineStage({
  name: 'export',
  summary: 'Writes a network for other programs: NumPy, the paper’s scripts, PyTorch, ONNX runtimes, NIR',
  parameters: Type.Object(
    {
      formats: Type.Array(Type.Union(formats.map((format) => Type.Literal(format))), {
        minItems: 1,
        uniqueItems: true,
        description:
          'npz: one array per tensor; tensorlayer: what the authors’ scripts load; safetensors: for PyTorch; ' +
          'onnx: the non-spiking network; nir: the spiking one (HDF5).',
      }),
      weights: Type.Union([Type.Literal('ternary'), Type.Literal('latent')], {
        default: 'ternary',
        description:
          'For npz, tensorlayer and safetensors: the −1, 0 and +1 that the network computes with, or the floats behind ' +
          'them, from which training can go on.',
      }),
      file: Type.Optional(
        Type.String({
          pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*$',
          title: 'the name of a file, without folders',
          description:
            'What the file is called, where there is one format, such as model_mnist.npz. Default: by its format.',
        }),
      ),
      precision: Type.Union([Type.Literal('exact'), Type.Literal('float32')], {
        default: 'exact',
        description:
          'For onnx and nir: exact decides in every neuron as here, and needs runtimes with doubles, or with a threshold per ' +
          'neuron. float32 is for all others, such as spiking frameworks: batch norm is folded in, neurons of a level ' +
          'have one threshold.',
      }),
    },
    { additionalProperties: false },
  ),
  inputs: {
    checkpoint: {
      description: 'Trained network, as `train` makes it. Every format but nir needs it.',
      optional: true,
      kind: 'checkpoint',
    },
    network: {
      description: 'Spiking network, as `snn-convert` makes it, for nir. Made from the checkpoint if left out.',
      optional: true,
      kind: 'spiking-network',
    },
    data: {
      description:
        'What it was trained on: onnx and safetensors then say what pixels are divided by, and name the classes.',
      optional: true,
      kind: 'dataset',
    },
  },
  outputs: {
    models: {
      description: 'model.npz, model.tensorlayer.npz, model.safetensors, model.onnx, model.nir.',
      path: 'models',
    },
  },
  resources: { cpus: 1 },
  needs: [
    { when: { formats: formats.filter((format) => format !== 'nir') }, anyOf: [{ inputs: ['checkpoint'] }] },
    { when: { formats: ['nir'] }, anyOf: [{ inputs: ['checkpoint'] }, { inputs: ['network'] }] },
  ],
  check({ formats: wanted, file }, { checkpoint }, given) {
    const isConverted = wanted.includes('nir') && !given.includes('network');
    const problems = isConverted ? conversionProblems(knownNetwork(checkpoint)) : [];
    if (file === undefined || wanted.length === 1) return problems;
    const message = `\`file\` names one file, and there are ${wanted.length} formats`;
    return [...problems, { parameter: 'file', message }];
  },
  async run(context) {
    const { exportNetwork } = await import('../src/exchange/export.js');
    const { decodeCheckpoint } = await import('../src/network/checkpoint.js');
    const { decodeSpikingNetwork } = await import('../src/spiking/model-file.js');

    const read = async <T>(
      name: keyof typeof context.inputs,
      decode: (bytes: Uint8Array, label: string) => T,
    ): Promise<T | undefined> =>
      context.inputs[name] === undefined
        ? undefined
        : decode(await readFile(inputFile(context, name).path), `the input "${name}"`);
    const checkpoint = await read('checkpoint', decodeCheckpoint);
    const spiking = await read('network', decodeSpikingNetwork);
    const { weights, precision: exactness, formats: wanted, file } = context.parameters;
    const { describedDataset } = await import('../src/data/dataset.js');
    const images =
      context.inputs.data === undefined ? undefined : await describedDataset(inputFile(context, 'data').path);
    const source = {
      ...{ weights, exactness },
      ...(checkpoint ? { checkpoint } : {}),
      ...(spiking ? { spiking } : {}),
      ...(images ? { images } : {}),
    };

    const folder = context.outputs.models;
    await mkdir(folder, { recursive: true });
    const files: string[] = [];
    for (const [done, format] of wanted.entries()) {
      context.signal.throwIfAborted();
      context.progress({ done, total: wanted.length, unit: 'formats', phase: format });
      files.push(await exportNetwork(folder, format, { ...source, ...(file === undefined ? {} : { file }) }));
    }
    return { files };
  },
});
