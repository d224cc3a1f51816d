import { Type } from '@sinclair/typebox';
import { nearest } from '../../src/schema/suggest.js';
import { defineStage, type InputDeclaration, type StageDefinition } from '../../src/stage/definition.js';

const closed = { additionalProperties: false };
const data = { description: 'Data set.' };
const run = () => Promise.reject(new Error('Loading a pipeline runs no stage.'));

const list = (description: string): InputDeclaration => ({ description, list: true, optional: true });

/** Small stages with the names and shapes of the built-in ones, so that these tests don't change when those do. */
export const fakeStages = [
  defineStage({
    name: 'dataset',
    summary: 'Makes a data set',
    parameters: Type.Object(
      { name: Type.Union([Type.Literal('mnist'), Type.Literal('fashion-mnist')], { description: 'Which one.' }) },
      closed,
    ),
    inputs: {},
    outputs: { data: { description: 'Images and labels.', path: 'data' } },
    run,
  }),
  defineStage({
    name: 'train',
    summary: 'Trains a network',
    parameters: Type.Object(
      {
        network: Type.Optional(Type.Union([Type.Literal('lenet'), Type.Literal('vgg')])),
        precision: Type.Optional(
          Type.Union([Type.Literal('fp32'), Type.Object({ k: Type.Integer(), B: Type.Integer() }, closed)], {
            description: 'fp32, or k and B as a map',
          }),
        ),
        k: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
        B: Type.Optional(Type.Integer({ minimum: 1 })),
        epochs: Type.Integer({ minimum: 1, default: 10 }),
        learningRate: Type.Number({ exclusiveMinimum: 0, maximum: 10, default: 0.001 }),
      },
      closed,
    ),
    inputs: { data, checkpoint: { description: 'Checkpoint to go on from.', optional: true } },
    outputs: {
      checkpoint: { description: 'The trained network.', path: 'checkpoint.safetensors' },
      history: { description: 'A line an epoch.', path: 'history.csv' },
    },
    resources: { cpus: 'all' },
    check: ({ k, B }) =>
      (k === undefined) === (B === undefined)
        ? []
        : [{ parameter: k === undefined ? 'B' : 'k', message: '`k` and `B` belong together: give both' }],
    run,
  }),
  defineStage({
    name: 'ann-infer',
    summary: 'Tests a network',
    parameters: Type.Object({}, closed),
    inputs: { data, checkpoint: { description: 'The network.' } },
    outputs: { result: { description: 'Accuracy.', path: 'result.json' } },
    run,
  }),
  defineStage({
    name: 'snn-convert',
    summary: 'Converts a network',
    parameters: Type.Object({}, closed),
    inputs: { checkpoint: { description: 'The network.' } },
    outputs: { network: { description: 'The spiking network.', path: 'network.safetensors' } },
    run,
  }),
  defineStage({
    name: 'snn-infer',
    summary: 'Simulates a spiking network',
    parameters: Type.Object({ noise: Type.Number({ minimum: 0, maximum: 1, default: 0 }) }, closed),
    inputs: { data, network: { description: 'The spiking network.' } },
    outputs: { result: { description: 'Accuracy and spikes.', path: 'result.json' } },
    run,
  }),
  defineStage({
    name: 'plot',
    summary: 'Draws charts',
    parameters: Type.Object({ title: Type.Optional(Type.String()) }, closed),
    inputs: { ann: list('Results of ann-infer'), snn: list('Results of snn-infer'), history: list('Histories') },
    outputs: { plots: { description: 'The charts.', path: 'plots' } },
    run,
  }),
] as unknown as readonly StageDefinition[];

const byName = new Map(fakeStages.map((stage) => [stage.name, stage]));

/** What a loader of stages answers for `uses:`. */
export function resolveFake(uses: string): Promise<StageDefinition | { error: string; hint?: string }> {
  const stage = byName.get(uses);
  if (stage !== undefined) return Promise.resolve(stage);
  const near = nearest(uses, byName.keys());
  const hint = near === undefined ? `Built-in stages: ${[...byName.keys()].join(', ')}.` : `did you mean "${near}"?`;
  return Promise.resolve({ error: `There is no stage "${uses}".`, hint });
}
