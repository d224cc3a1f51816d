import { readFile, writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { imageProblems, knownNetwork } from '../src/experiment/origin.js';
import type { StageCost } from '../src/stage/cost.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

export const cost: StageCost = { counts: [{ input: 'data', metric: 'testImages' }] };

export default defineStage({
  name: 'ann-infer',
  summary: 'Runs the trained network in floating point on the test images',
  parameters: Type.Object(
    {
      rounding: Type.Union([Type.Literal('half-up'), Type.Literal('paper')], {
        default: 'half-up',
        description:
          'How activations become multiples of 2^-k: half-up, which spikes reproduce exactly, or half to even after 1e-5 ' +
          'is added, as in the authors’ program.',
      }),
    },
    { additionalProperties: false },
  ),
  inputs: {
    data: { description: 'Data set, as `dataset` makes it.', kind: 'dataset' },
    checkpoint: { description: 'Trained network, as `train` makes it.', kind: 'checkpoint' },
  },
  outputs: {
    result: {
      description: 'Accuracy, also by class, and the confusion matrix (JSON).',
      path: 'result.json',
      kind: 'ann',
    },
  },
  columns: [{ title: 'ANN', metric: 'accuracy', format: 'percent' }],
  usesEngine: ['evaluate'],
  resources: { cpus: 'any' },
  check: (_, { checkpoint, data }) => imageProblems(knownNetwork(checkpoint), data),
  async run(context) {
    const { inferenceBatch, predict } = await import('../src/experiment/evaluate.js');
    const { ImageSource, testImages } = await import('../src/experiment/images.js');
    const { Loader } = await import('../src/experiment/loader.js');
    const { openDataset } = await import('../src/data/dataset.js');
    const { decodeCheckpoint } = await import('../src/network/checkpoint.js');
    const { precisionLabel } = await import('../src/network/precision.js');
    const { parametersFor } = await import('../src/network/rounding.js');
    const { engineFor } = await import('../src/engine/engines.js');
    const { byClass } = await import('../src/results/confusion.js');
    const { annMetrics, annResultText } = await import('../src/results/ann-result.js');

    const dataset = await openDataset(inputFile(context, 'data').path);
    const bytes = await readFile(inputFile(context, 'checkpoint').path);
    const { network, parameters: trained } = decodeCheckpoint(bytes, 'the input "checkpoint"');
    const parameters = parametersFor(context.parameters.rounding, network, trained);
    const source = new ImageSource(network, dataset);
    const engine = engineFor(['evaluate'], context.engine);
    const images = dataset.test.count;
    const batch = inferenceBatch(images);
    const options = { batch, threads: context.threads };
    const predictions = await Loader.with(source, batch, context.signal, async (loader) => {
      const evaluator = await engine.evaluator(network, parameters, options);
      try {
        return await predict(loader, evaluator, testImages(images), context);
      } finally {
        await evaluator.close();
      }
    });
    const about = { network: network.name, dataset: dataset.name, precision: precisionLabel(network.precision) };
    const { classes, correct } = predictions;
    const result = {
      ...({ stage: 'ann-infer', ...about, accuracy: correct / images, correct, images } as const),
      ...byClass(dataset.test.labels, classes, network.classes, dataset.classNames),
    };
    await writeFile(context.outputs.result, annResultText(result));
    return annMetrics(result);
  },
});
