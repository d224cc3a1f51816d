import { writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { precisionParameterProblems, precisionParameters, readPrecision } from '../src/network/precision-parameters.js';
import { networkNames } from '../src/network/presets.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

export default defineStage({
  name: 'import-checkpoint',
  summary: 'Turns a checkpoint of the paper’s authors, of NumPy or of PyTorch into one of ours',
  parameters: Type.Object(
    {
      format: Type.Optional(
        Type.Union([Type.Literal('tensorlayer'), Type.Literal('npz'), Type.Literal('safetensors')], {
          description:
            'tensorlayer: the authors’ .npz, one pickled array of arrays; npz: one array a name (conv1_w, bn1_beta, bn1_gamma, bn1_mean, bn1_var, …, fc_w); safetensors: PyTorch’s conv1.weight, bn1.weight, …, fc.weight. Left out, the file is looked at.',
        }),
      ),
      network: Type.Union(
        networkNames.map((name) => Type.Literal(name)),
        { description: 'The network that the file is a checkpoint of.' },
      ),
      ...precisionParameters,
      classes: Type.Integer({ minimum: 2, default: 10, description: 'Classes of the data set it was trained on.' }),
      input: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1 }), {
          minItems: 3,
          maxItems: 3,
          description: 'Height, width and channels of its images; those of the paper if left out.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  inputs: { checkpoint: { description: 'The file, such as `checkpoint: { file: model_mnist.npz }`.' } },
  outputs: { checkpoint: { description: 'The checkpoint (safetensors).', path: 'checkpoint.safetensors' } },
  resources: { cpus: 1 },
  check(parameters) {
    if (readPrecision(parameters) === undefined && parameters.k === undefined && parameters.B === undefined)
      return [{ parameter: 'network', message: 'say its precision: `precision`, or `k` and `B`' }];
    return precisionParameterProblems(parameters);
  },
  async run(context) {
    const { importCheckpointFile } = await import('../src/exchange/import.js');
    const { encodeCheckpoint } = await import('../src/network/checkpoint.js');
    const { network } = await import('../src/network/presets.js');

    const { format, network: name, classes, input } = context.parameters;
    const precision = readPrecision(context.parameters)!;
    const shape = input === undefined ? {} : { input: input as [number, number, number] };
    const model = network(name, { classes, precision, ...shape });
    const imported = await importCheckpointFile(inputFile(context, 'checkpoint').path, model, format);
    context.log(`read as ${imported.format}`);
    await writeFile(context.outputs.checkpoint!, encodeCheckpoint(imported.checkpoint));
    return { format: imported.format };
  },
});
