import { readFile, writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { noiseLayerProblems } from '../src/experiment/noise-layers.js';
import { imageProblems, knownSpikingNetwork } from '../src/experiment/origin.js';
import { type NoiseKind, noiseKinds, noiseProblems } from '../src/spiking/noise-kinds.js';
import type { StageCost } from '../src/stage/cost.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

export const cost: StageCost = { counts: [{ input: 'data', metric: 'testImages' }, { lengthOf: 'seed' }] };

const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Layer = Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 1 })], {
  title: 'the name of a layer or its number',
});
const Noise = Type.Object(
  {
    kind: Type.Union(
      (Object.keys(noiseKinds) as NoiseKind[]).map((kind) => Type.Literal(kind)),
      { description: 'What is disturbed.' },
    ),
    probability: Type.Optional(
      Type.Number({ ...{ minimum: 0, maximum: 1 }, description: 'Of each weight or spike, independently.' }),
    ),
    sigma: Type.Optional(
      Type.Number({
        ...{ minimum: 0, maximum: 1000 },
        description: 'Standard deviation, in units of the layer’s threshold: the median size of its thresholds.',
      }),
    ),
    layers: Type.Optional(
      Type.Union([Layer, Type.Array(Layer, { minItems: 1, uniqueItems: true })], {
        title: '`all`, a layer or a list of them',
        description: 'Names of layers, or numbers counted from 1; if left out, `all` that can have this kind.',
      }),
    ),
  },
  { additionalProperties: false, description: 'A kind of noise.' },
);
const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export default defineStage({
  name: 'snn-infer',
  summary: 'Simulates the spiking network on the test images: accuracy, spikes, operations, firing rates, noise',
  parameters: Type.Object(
    {
      noise: Type.Union([Probability, Noise, Type.Array(Noise, { minItems: 1 })], {
        title: 'a probability, a kind of noise or a list of kinds',
        default: 0,
        description:
          'Probability that a spike of layer 1 is deleted, each independently; or a kind of noise, or a list of several, ' +
          'such as { kind: insertion, probability: 0.01 } and { kind: membrane, sigma: 0.1, layers: [conv2, conv3] }.',
      }),
      seed: Type.Union([Seed, Type.Array(Seed, { minItems: 1, uniqueItems: true })], {
        title: 'a whole number or a list of them',
        default: 1,
        description:
          'Seed of the noise. A list, such as [1, 2, 3, 4, 5], draws it again with each: results are their means, with ' +
          'standard deviation and 95 % interval, and have each one beside them.',
      }),
    },
    { additionalProperties: false },
  ),
  inputs: {
    data: { description: 'Data set, as `dataset` makes it.', kind: 'dataset' },
    network: { description: 'Spiking network, as `snn-convert` makes it.', kind: 'spiking-network' },
  },
  outputs: {
    result: {
      description:
        'Accuracy, confusion matrix, spikes and operations, by layer and by batch too (JSON). For a list of seeds they are means, ' +
        'but for the batches, which are those of the first.',
      path: 'result.json',
      kind: 'snn',
    },
    images: {
      description:
        'Logits, predictions and labels of every image (NumPy’s .npz); for a list of seeds, one after the other.',
      path: 'images.npz',
    },
  },
  columns: [
    { title: 'SNN', metric: 'accuracy', format: 'percent' },
    { title: 'difference', metric: 'accuracy', format: 'percent', minus: 'ANN' },
    { title: 'spikes/image', metric: 'spikesPerImage', format: 'whole' },
    { title: 'SOPs/image (paper)', metric: 'sopsPerImage', format: 'whole' },
  ],
  usesEngine: ['simulate'],
  resources: { cpus: 'any' },
  check({ noise }, { network, data }) {
    const images = imageProblems(knownSpikingNetwork(network), data);
    const problems = noiseProblems(noise);
    if (problems.length > 0) return [...images, ...problems.map((message) => ({ parameter: 'noise', message }))];
    return [...images, ...noiseLayerProblems(noise, network)];
  },
  async run(context) {
    const { activityReport, predictionsOf, simulate } = await import('../src/experiment/simulate.js');
    const { ImageSource } = await import('../src/experiment/images.js');
    const { openDataset } = await import('../src/data/dataset.js');
    const { writeArrays } = await import('../src/formats/npz.js');
    const { decodeSpikingNetwork } = await import('../src/spiking/model-file.js');
    const { engineFor } = await import('../src/engine/engines.js');
    const { noiseTerms, reportedTerm } = await import('../src/spiking/noise.js');
    const { byClass } = await import('../src/results/confusion.js');
    const { repeatedResult, snnMetrics, snnResultText } = await import('../src/results/snn-result.js');

    const dataset = await openDataset(inputFile(context, 'data').path);
    const bytes = await readFile(inputFile(context, 'network').path);
    const network = decodeSpikingNetwork(bytes, 'the input "network"');
    const source = new ImageSource(network, dataset);
    const { noise, seed } = context.parameters;
    const terms = noiseTerms(noise, network);
    // Without noise all draws are the same.
    const seeds = terms.every(({ amount }) => amount === 0) ? [seed].flat().slice(0, 1) : [seed].flat();
    const activities = await simulate(
      engineFor(['simulate'], context.engine),
      source,
      network,
      { terms, seeds },
      context.threads,
      context,
    );
    const about = {
      ...{ network: network.name, dataset: dataset.name, precision: `k${network.k}B${network.B}` },
      noise: terms.find(({ amount }) => amount > 0)?.amount ?? 0,
      ...(typeof noise === 'number' ? {} : { noiseTerms: terms.map(reportedTerm) }),
    };
    const { labels, count } = dataset.test;
    const runs = activities.map((activity) => ({
      ...({ stage: 'snn-infer', ...about, ...activityReport(network, activity) } as const),
      ...byClass(labels, predictionsOf(activity), network.classes, dataset.classNames),
    }));
    const result = repeatedResult(runs, seeds);
    await writeFile(context.outputs.result, snnResultText(result));
    const all = seeds.length === 1 ? [] : [seeds.length];
    const arrays = {
      logits: { shape: [...all, count, network.classes], data: joined(activities.map(({ logits }) => logits)) },
      predictions: {
        shape: [...all, count],
        data: Int32Array.from(activities.flatMap((one) => [...predictionsOf(one)])),
      },
      labels: { shape: [count], data: Int32Array.from(labels) },
    };
    await writeFile(context.outputs.images, await writeArrays(arrays));
    return snnMetrics(result);
  },
});

function joined(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
