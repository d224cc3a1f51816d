import { writeFile } from 'node:fs/promises';
import { type Static, Type } from '@sinclair/typebox';
import { UserError } from '../src/error.js';
import { networkProblems } from '../src/experiment/network.js';
import { normaliseParameter } from '../src/experiment/training-parameters.js';
import type { Network, Shape } from '../src/network/architecture.js';
import { NetworkSchema, readNetwork } from '../src/network/network-parameter.js';
import { precisionParameterProblems, precisionParameters, readPrecision } from '../src/network/precision-parameters.js';
import { buildNetwork, inputShape, network as presetNetwork } from '../src/network/presets.js';
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
    data: { description: 'Data set that the network is for; it says shape and classes.', optional: true },
  },
  outputs: { checkpoint: { description: 'The checkpoint (safetensors).', path: 'checkpoint.safetensors' } },
  resources: { cpus: 1 },
  check(given, inputs) {
    const problems = [...networkProblems(given.network, given.crop, inputs.data), ...precisionParameterProblems(given)];
    if (problems.length === 0 && readPrecision(given) === undefined)
      return [{ parameter: 'network', message: 'its precision is not given: add `precision`, or `k` and `B`' }];
    return problems;
  },
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
  const count = classes ?? dataset?.classes ?? 10;
  const shape = images === undefined ? dataset?.shape : (images as [number, number, number]);
  if (shape === undefined && crop === undefined && (network === 'lenet' || network === 'vgg'))
    return presetNetwork(network, { classes: count, precision, normalise });
  if (shape === undefined)
    throw new UserError(
      'E_IMPORT_NETWORK',
      `The shape of the images that ${plan.name} takes is not given.`,
      'Give the stage the input `data`, or `images: [height, width, channels]`.',
    );
  const side = crop ?? plan.crop;
  const input: Shape = inputShape(shape, side);
  return buildNetwork(plan, {
    input,
    classes: count,
    precision,
    preprocessing: side === undefined ? 'scaled' : 'crops',
    normalise,
  });
}
