import { readFile, writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import type { Precision } from '../src/network/architecture.js';
import { precisionLabel, precisionProblem } from '../src/network/precision.js';
import { networkNames } from '../src/network/presets.js';
import { defineStage, inputFile, StageError } from '../src/stage/definition.js';

const parameters = Type.Object(
  {
    network: Type.Optional(
      Type.Union(
        networkNames.map((name) => Type.Literal(name)),
        { description: 'Network of the paper. Left out when a checkpoint is resumed.' },
      ),
    ),
    precision: Type.Optional(
      Type.Union(
        [
          Type.Literal('fp32'),
          Type.Object(
            { k: Type.Integer({ minimum: 0, maximum: 7 }), B: Type.Integer({ minimum: 1, maximum: 255 }) },
            { additionalProperties: false },
          ),
        ],
        { description: 'fp32 for the float baseline, or k and B as a map. The same can be said with k and B.' },
      ),
    ),
    k: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 7, description: 'Precision: activations are multiples of 2^-k.' }),
    ),
    B: Type.Optional(Type.Integer({ minimum: 1, maximum: 255, description: 'Bound: activations are clipped at B.' })),
    epochs: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Epochs of this training, on top of a checkpoint’s.',
    }),
    learningRate: Type.Number({ exclusiveMinimum: 0, maximum: 10, default: 1e-3, description: 'Step size of Adam.' }),
    batch: Type.Integer({
      minimum: 1,
      maximum: 10000,
      default: 128,
      description: 'Images a step; a last partial batch is dropped.',
    }),
    heldOut: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'The last images of the training split that are not trained on.',
    }),
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
  summary: 'Trains a network: Adam on softmax cross-entropy, with ternary weights and quantised activations or in FP32',
  parameters,
  inputs: {
    data: { description: 'Data set, as `dataset` makes it.' },
    checkpoint: {
      description: 'Checkpoint to go on from: weights, batch norm, Adam’s moments, epochs, random state.',
      optional: true,
    },
  },
  outputs: {
    checkpoint: { description: 'The trained network with all state (safetensors).', path: 'checkpoint.safetensors' },
    history: { description: 'Loss and accuracy of each epoch (CSV).', path: 'history.csv' },
  },
  usesEngine: true,
  resources: { cpus: 'all' },
  check({ precision, k, B }) {
    if (precision !== undefined && (k !== undefined || B !== undefined))
      return [{ parameter: 'precision', message: 'give either `precision`, or `k` and `B`, not both' }];
    if ((k === undefined) !== (B === undefined))
      return [{ parameter: k === undefined ? 'B' : 'k', message: '`k` and `B` belong together: give both' }];
    const problem = precisionProblem(readPrecision({ precision, k, B }) ?? { kind: 'fp32' });
    return problem === undefined ? [] : [{ parameter: precision === undefined ? 'k' : 'precision', message: problem }];
  },
  async run(context) {
    const { freshCheckpoint, train } = await import('../src/experiment/train.js');
    const { ImageSource, inputShape } = await import('../src/experiment/images.js');
    const { openDataset } = await import('../src/data/dataset.js');
    const { decodeCheckpoint } = await import('../src/network/checkpoint.js');
    const { network } = await import('../src/network/presets.js');
    const { wasmEngine } = await import('../src/engine/wasm/engine.js');

    const { parameters } = context;
    const dataset = await openDataset(inputFile(context, 'data').path);
    const wanted = readPrecision(parameters);
    let start: ReturnType<typeof decodeCheckpoint>;
    if (context.inputs.checkpoint === undefined) {
      if (parameters.network === undefined || wanted === undefined)
        throw new StageError(
          'E_TRAIN_NETWORK',
          'A training from scratch needs `network`, and `precision` or `k` and `B`.',
          'Write for example `with: { network: lenet, k: 1, B: 2 }`, or give an input `checkpoint` to go on from.',
        );
      const input = inputShape(parameters.network, dataset);
      const options = { input, classes: dataset.classes, precision: wanted };
      start = freshCheckpoint(network(parameters.network, options), parameters.seed);
    } else {
      start = decodeCheckpoint(await readFile(inputFile(context, 'checkpoint').path), 'the input "checkpoint"');
      refuseOther('network', parameters.network, start.network.name);
      refuseOther('precision', wanted && precisionLabel(wanted), precisionLabel(start.network.precision));
    }
    const { epochs, learningRate, batch, heldOut } = parameters;
    const source = new ImageSource(start.network, dataset);
    const schedule = { epochs, learningRate, batch, heldOut };
    const result = await train(wasmEngine, source, start, schedule, context.threads, context);
    await writeFile(context.outputs.checkpoint!, result.checkpoint);
    await writeFile(context.outputs.history!, result.history);
    const { epoch, loss, trainAccuracy, testAccuracy } = result.last;
    return { epoch, loss, trainAccuracy, testAccuracy };
  },
});

function readPrecision(given: {
  readonly precision?: 'fp32' | { readonly k: number; readonly B: number } | undefined;
  readonly k?: number | undefined;
  readonly B?: number | undefined;
}): Precision | undefined {
  if (given.precision === 'fp32') return { kind: 'fp32' };
  const { k, B } = given.precision ?? given;
  return k === undefined || B === undefined ? undefined : { kind: 'quantised', k, B };
}

function refuseOther(what: string, wanted: string | undefined, found: string): void {
  if (wanted !== undefined && wanted !== found)
    throw new StageError(
      'E_TRAIN_CHECKPOINT',
      `The checkpoint's ${what} is ${found}, and this stage asks for ${wanted}.`,
      `Leave \`${what}\` out to go on with the checkpoint's, or train from scratch without the input \`checkpoint\`.`,
    );
}
