import { readFile, writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { defineStage, inputFile } from '../src/stage/definition.js';

export default defineStage({
  name: 'snn-infer',
  summary: 'Simulates the spiking network on the test images: accuracy, spikes, operations, firing rates, noise',
  parameters: Type.Object(
    {
      noise: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0,
        description: 'Probability that a spike of layer 1 is deleted, each independently.',
      }),
      seed: Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 1,
        description: 'Seed of the noise.',
      }),
    },
    { additionalProperties: false },
  ),
  inputs: {
    data: { description: 'Data set, as `dataset` makes it.' },
    network: { description: 'Spiking network, as `snn-convert` makes it.' },
  },
  outputs: {
    result: {
      description: 'Accuracy, confusion matrix, spikes and operations, by layer and by batch too (JSON).',
      path: 'result.json',
      kind: 'snn',
    },
    images: { description: 'Logits, predictions and labels of every image (NumPy’s .npz).', path: 'images.npz' },
  },
  columns: [
    { title: 'SNN', metric: 'accuracy', format: 'percent' },
    { title: 'difference', metric: 'accuracy', format: 'percent', minus: 'ANN' },
    { title: 'spikes/image', metric: 'spikesPerImage', format: 'whole' },
    { title: 'SOPs/image (paper)', metric: 'sopsPerImage', format: 'whole' },
  ],
  usesEngine: ['simulate'],
  resources: { cpus: 'all' },
  async run(context) {
    const { activityReport, predictionsOf, simulate } = await import('../src/experiment/simulate.js');
    const { ImageSource } = await import('../src/experiment/images.js');
    const { openDataset } = await import('../src/data/dataset.js');
    const { writeArrays } = await import('../src/formats/npz.js');
    const { decodeSpikingNetwork } = await import('../src/spiking/model-file.js');
    const { engineFor } = await import('../src/engine/engines.js');
    const { byClass } = await import('../src/results/confusion.js');
    const { snnMetrics, snnResultText } = await import('../src/results/snn-result.js');

    const dataset = await openDataset(inputFile(context, 'data').path);
    const bytes = await readFile(inputFile(context, 'network').path);
    const network = decodeSpikingNetwork(bytes, 'the input "network"');
    const source = new ImageSource(network, dataset);
    const { noise, seed } = context.parameters;
    const activity = await simulate(
      engineFor(['simulate'], context.engine),
      source,
      network,
      { probability: noise, seed },
      context.threads,
      context,
    );
    const about = { network: network.name, dataset: dataset.name, precision: `k${network.k}B${network.B}`, noise };
    const { images, logits } = activity;
    const { labels } = dataset.test;
    const predictions = predictionsOf(activity);
    const result = {
      ...({ stage: 'snn-infer', ...about, ...activityReport(network, activity) } as const),
      ...byClass(labels, predictions, network.classes, dataset.classNames),
    };
    await writeFile(context.outputs.result, snnResultText(result));
    const arrays = {
      logits: { shape: [images, network.classes], data: logits },
      predictions: { shape: [images], data: predictions },
      labels: { shape: [images], data: Int32Array.from(labels) },
    };
    await writeFile(context.outputs.images, await writeArrays(arrays));
    return snnMetrics(result);
  },
});
