import { writeFile } from 'node:fs/promises';
import { type Static, Type } from '@sinclair/typebox';
import { UserError } from '../src/error.js';
import { networkProblems } from '../src/experiment/network.js';
import { normaliseParameter } from '../src/experiment/training-parameters.js';
import type { Network, Shape } from '../src/network/architecture.js';
import { NetworkSchema, readNetwork } from '../src/network/network-parameter.js';
import { precisionParameterProblems, precisionParameters, readPrecision } from '../src/network/precision-parameters.js';
import { buildNetwork, inputShape, networkNames, presetInput } from '../src/network/presets.js';
import { defineStage, inputFile, type StageContext } from '../src/stage/definition.js';

const parameters = Type.Object(
  {
    format: Type.Optional(
      Type.Union([Type.Literal('tensorlayer'), Type.Literal('npz'), Type.Literal('safetensors')], {
        description:
          'tensorlayer: the authors’ .npz, one pickled array of arrays; npz: one array per tensor (conv1_w, bn1_beta, ' +
          'bn1_gamma, bn1_mean, bn1_var, …, fc_w); safetensors: PyTorch’s conv1.weight, bn1.weight, bn1.bias, ' +
          'bn1.running_mean, bn1.running_var, …, fc.weight. If left out, the format is detected.',
      }),
    ),
    network: NetworkSchema,
    crop: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1024, description: 'Side of its square crops, as with `train`.' }),
    ),
    ...normaliseParameter,
    ...precisionParameters,
    classes: Type.Optional(
      Type.Integer({ minimum: 2, description: 'Its classes: those of the input `data`, or 10, if left out.' }),
    ),
    images: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1 }), {
        minItems: 3,
        maxItems: 3,
        description:
          'Height, width and channels of the images it takes: those of the input `data`, or of the paper, if left out.',
      }),
    ),
  },
  { additionalProperties: false },
);

export default defineStage({
  name: 'import-checkpoint',
  summary: 'Turns a checkpoint of the paper’s authors, of NumPy or of PyTorch into one of Spikeline',
  parameters,
  inputs: {
    checkpoint: { description: 'The file, such as `checkpoint: { file: model_mnist.npz }`.' },
    data: {
      description: 'Data set that the network is for; it says shape and classes.',
      optional: true,
      kind: 'dataset',
    },
  },
  outputs: {
    checkpoint: { description: 'The checkpoint (safetensors).', path: 'checkpoint.safetensors', kind: 'checkpoint' },
  },
  resources: { cpus: 1 },
  needs: [
    { anyOf: [{ parameters: { k: 1, B: 2 } }, { parameters: { precision: { k: 1, B: 2 } } }] },
    { unless: { network: networkNames }, anyOf: [{ inputs: ['data'] }, { parameters: { images: [28, 28, 1] } }] },
  ],
  check: (given, inputs) => [...networkProblems(given, inputs.data), ...precisionParameterProblems(given)],
  async run(context) {
    const { importCheckpointFile } = await import('../src/exchange/import.js');
    const { encodeCheckpoint } = await import('../src/network/checkpoint.js');

    const { path } = inputFile(context, 'checkpoint');
    const { checkpoint, format } = await importCheckpointFile(path, await model(context), context.parameters.format);
    context.log(`read as ${format}`);
    await writeFile(context.outputs.checkpoint, encodeCheckpoint(checkpoint));
    return { format };
  },
});

/** The network that the file is a checkpoint of. */
async function model(context: StageContext<Static<typeof parameters>>): Promise<Network> {
  const { network, crop, normalise, classes, images, ...said } = context.parameters;
  const precision = readPrecision(said)!;
  const plan = readNetwork(network);
  if ('message' in plan) throw new UserError('E_NETWORK', `${plan.message}.`, plan.hint);
  const { openDataset } = await import('../src/data/dataset.js');
  const dataset = context.inputs.data === undefined ? undefined : await openDataset(inputFile(context, 'data').path);
  const shape = (images as Shape | undefined) ?? dataset?.shape ?? presetInput(network);
  if (shape === undefined) throw new TypeError('a checkpoint is imported without what it needs');
  const side = crop ?? plan.crop;
  return buildNetwork(plan, {
    input: inputShape(shape, side),
    classes: classes ?? dataset?.classes ?? 10,
    precision,
    preprocessing: side === undefined ? 'scaled' : 'crops',
    normalise,
  });
}
