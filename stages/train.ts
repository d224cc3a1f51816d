import { readFile, writeFile } from 'node:fs/promises';
import { type Static, Type } from '@sinclair/typebox';
import type { Dataset } from '../src/data/dataset.js';
import { type GradientType, gradientTypes } from '../src/engine/engine.js';
import { UserError } from '../src/error.js';
import { batchProblems, networkProblems } from '../src/experiment/network.js';
import { imageProblems, knownNetwork, resumeProblems } from '../src/experiment/origin.js';
import {
  imageParameters,
  normaliseParameter,
  optimiserParameters,
  readAugmentation,
  readOptimiser,
  trainingProblems,
  validationParameters,
} from '../src/experiment/training-parameters.js';
import type { Precision } from '../src/network/architecture.js';
import type { Checkpoint } from '../src/network/checkpoint.js';
import { NetworkSchema, readNetwork } from '../src/network/network-parameter.js';
import { precisionLabel } from '../src/network/precision.js';
import { precisionParameterProblems, precisionParameters, readPrecision } from '../src/network/precision-parameters.js';
import { buildNetwork, inputShape } from '../src/network/presets.js';
import { floatGradients, otherThanCheckpoint, refusalError } from '../src/network/refusals.js';
import type { StageCost } from '../src/stage/cost.js';
import { defineStage, inputFile, type ParameterProblem, type StageContext } from '../src/stage/definition.js';

export const cost: StageCost = {
  counts: ['epochs', { input: 'data', metric: 'trainImages' }],
  apart: ['network', 'crop', 'gradients'],
};

const parameters = Type.Object(
  {
    // What it may be says NetworkSchema; left out when a checkpoint is resumed.
    network: Type.Optional(NetworkSchema),
    crop: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1024,
        description:
          'Side of square crops that are standardised, and in training cut at random and augmented (`augment`). 24 for ' +
          'vgg if left out; other networks then take whole images.',
      }),
    ),
    ...normaliseParameter,
    ...imageParameters,
    ...precisionParameters,
    epochs: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Epochs of this training, on top of a checkpoint’s.',
    }),
    learningRate: Type.Number({
      exclusiveMinimum: 0,
      maximum: 10,
      default: 1e-3,
      description: 'Step size of the optimiser; `schedule` changes it.',
    }),
    ...optimiserParameters,
    batch: Type.Integer({
      minimum: 1,
      maximum: 10000,
      default: 128,
      description: 'Images per step; a last partial batch is dropped. One image is too few for layers of one pixel.',
    }),
    gradients: Type.Union(
      gradientTypes.map((type) => Type.Literal(type)),
      {
        default: 'float32',
        description:
          'Arithmetic of the backward pass: float32 as in the paper, or int16, which is faster and rounds each ternary layer’s gradient to 16 and 12 bits.',
      },
    ),
    heldOut: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Number of images at the end of the training split that are not trained on.',
    }),
    ...validationParameters,
    seed: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 1,
      description: 'Seed of weights, order and augmentation; a resumed training keeps its own.',
    }),
  },
  { additionalProperties: false },
);

export default defineStage({
  name: 'train',
  summary: 'Trains a network on softmax cross-entropy, with ternary weights and quantised activations or in FP32',
  parameters,
  inputs: {
    data: { description: 'Data set, as `dataset` makes it.', kind: 'dataset' },
    checkpoint: {
      description: 'Checkpoint to go on from: weights, batch norm, the optimiser’s moments, epochs, random state.',
      optional: true,
      kind: 'checkpoint',
    },
  },
  outputs: {
    checkpoint: {
      description: 'The trained network with all state (safetensors).',
      path: 'checkpoint.safetensors',
      kind: 'checkpoint',
    },
    history: { description: 'Loss and accuracy of each epoch (CSV).', path: 'history.csv', kind: 'history' },
  },
  usesEngine: ['train', 'evaluate'],
  resources: { cpus: 'any' },
  needs: [
    { anyOf: [{ parameters: { network: 'lenet' } }, { inputs: ['checkpoint'] }] },
    {
      anyOf: [
        { parameters: { k: 1, B: 2 } },
        { parameters: { precision: { k: 1, B: 2 } } },
        { inputs: ['checkpoint'] },
      ],
    },
  ],
  check(given, inputs) {
    const { network } = given;
    const problems = network === undefined ? [] : networkProblems({ ...given, network }, inputs.data);
    const before = knownNetwork(inputs.checkpoint);
    const held = { ...given, heldOut: given.validation ?? given.heldOut };
    return [
      ...problems,
      ...precisionParameterProblems(given),
      ...resumeProblems(given, inputs.checkpoint),
      ...imageProblems(before, inputs.data),
      ...gradientProblems(given.gradients, readPrecision(given) ?? before.precision),
      ...trainingProblems(given),
      ...batchProblems(held, inputs),
    ];
  },
  async run(context) {
    const { train } = await import('../src/experiment/train.js');
    const { ImageSource } = await import('../src/experiment/images.js');
    const { openDataset } = await import('../src/data/dataset.js');
    const { engineFor } = await import('../src/engine/engines.js');
    const { historyMetrics } = await import('../src/results/history.js');

    const dataset = await openDataset(inputFile(context, 'data').path);
    const start = await startOf(context, dataset);
    const { parameters } = context;
    const { epochs, learningRate, schedule, batch, gradients, keep, patience, validation, heldOut } = parameters;
    if (isRefused(gradients, start.network.precision)) throw refusalError(floatGradients);
    const source = new ImageSource(start.network, dataset, readAugmentation(parameters.augment));
    const engine = engineFor(['train', 'evaluate'], context.engine);
    const options = {
      ...{ epochs, learningRate, schedule, batch, gradients, keep, optimizer: readOptimiser(parameters) },
      ...{ heldOut: validation ?? heldOut, validate: validation !== undefined },
      ...(patience === undefined ? {} : { patience }),
    };
    const result = await train(engine, source, start, options, context.threads, context);
    await writeFile(context.outputs.checkpoint, result.checkpoint);
    await writeFile(context.outputs.history, result.history);
    const ended = keep === 'best' || patience !== undefined ? { lastEpoch: result.last.epoch } : {};
    return { ...historyMetrics(result.kept), ...ended };
  },
});

const isRefused = (gradients: GradientType, precision: Precision | undefined): boolean =>
  gradients === 'int16' && precision?.kind === 'fp32';

function gradientProblems(gradients: GradientType, precision: Precision | undefined): readonly ParameterProblem[] {
  const { message, hint } = floatGradients;
  return isRefused(gradients, precision) ? [{ parameter: 'gradients', message, hint }] : [];
}

/** The checkpoint to go on from, or a fresh network. */
async function startOf(context: StageContext<Static<typeof parameters>>, dataset: Dataset): Promise<Checkpoint> {
  const { network, crop, normalise, seed, ...precision } = context.parameters;
  const wanted = readPrecision(precision);
  const plan = network === undefined ? undefined : readNetwork(network);
  if (plan !== undefined && 'message' in plan) throw new UserError('E_NETWORK', `${plan.message}.`, plan.hint);
  if (context.inputs.checkpoint !== undefined) {
    const { decodeCheckpoint } = await import('../src/network/checkpoint.js');
    const start = decodeCheckpoint(await readFile(inputFile(context, 'checkpoint').path), 'the input "checkpoint"');
    refuseOther('network', plan?.name, start.network.name);
    refuseOther(
      precision.k === undefined ? 'precision' : 'k',
      wanted && precisionLabel(wanted),
      precisionLabel(start.network.precision),
    );
    refuseOther('crop', crop, start.network.preprocessing === 'crops' ? start.network.input[0] : 'none');
    refuseOther('normalise', normalise && JSON.stringify(normalise), JSON.stringify(start.network.normalise ?? 'none'));
    return start;
  }
  if (plan === undefined || wanted === undefined) throw new TypeError('a training was begun without what it needs');
  const { freshCheckpoint } = await import('../src/experiment/train.js');
  const side = crop ?? plan.crop;
  const input = inputShape(dataset.shape, side);
  const preprocessing = side === undefined ? 'scaled' : 'crops';
  const options = { input, classes: dataset.classes, precision: wanted, preprocessing, normalise } as const;
  return freshCheckpoint(buildNetwork(plan, options), seed);
}

function refuseOther(parameter: string, wanted: string | number | undefined, found: string | number): void {
  const refused = otherThanCheckpoint(parameter, wanted, found);
  if (refused !== undefined) throw refusalError(refused);
}
