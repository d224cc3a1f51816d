import { encode } from 'fast-png';
import type { Expected, ReportContent } from '../../src/report/content/content.js';
import type { DataSetSummary } from '../../src/report/content/data-sets.js';
import type { RunFacts } from '../../src/report/page/run.js';
import { annResults, confusionOf, history, snnResults } from './examples.js';

const digest = `sha256:${'ab'.repeat(32)}`;

/** What a small sweep over precisions and noise gives, with numbers of the paper for some of it. */
export function exampleContent(about: Partial<ReportContent> = {}): ReportContent {
  return {
    title: 'Example',
    description: 'VGG on CIFAR-10.',
    ann: annResults().map((result) => ({ result, labels: { precision: result.precision }, digest })),
    snn: snnResults().map((result) => ({
      ...{ result, digest },
      labels: { precision: result.precision, noise: String(result.noise) },
    })),
    conversion: ['k0B1', 'k1B2'].map((precision) => ({
      result: {
        ...{ stage: 'snn-convert', negatedChannels: 3, constantChannels: 0, correctedThresholds: 7 },
        comparison: { images: 100, neuronsCompared: 18_713_600, predictionsDifferent: 0, layers: [{ different: 0 }] },
      },
      ...{ labels: { precision }, digest },
    })),
    history: ['fp32', 'k1B2'].map((precision) => ({
      ...{ result: history(precision, 1, 5), labels: { precision }, digest },
    })),
    expected: exampleExpected,
    repeat: [],
    ...about,
  };
}

/** The same with what each network takes the classes for. */
export function classesContent(
  classes: number,
  classNames?: string[],
  about: Partial<ReportContent> = {},
): ReportContent {
  const content = exampleContent(about);
  const told = <T extends { result: { images: number; accuracy: number } }>(item: T): T => {
    const confusion = confusionOf(classes, item.result.images, item.result.accuracy);
    return { ...item, result: { ...item.result, confusion, ...(classNames && { classNames }) } };
  };
  return { ...content, ann: content.ann.map(told), snn: content.snn.map(told) };
}

export const exampleExpected: readonly Expected[] = [
  { input: 'snn', item: 3, metric: 'accuracy', value: 0.92, tolerance: 0.005, source: 'table 1' },
  { input: 'snn', item: 0, metric: 'accuracy', value: 0.95, tolerance: 0.003, source: 'table 1' },
  { input: 'snn', item: 0, metric: 'spikesPerImage', value: 48_000, tolerance: 1000, source: 'log file' },
  { input: 'conversion', item: 0, metric: 'neuronsDifferent', value: 0, tolerance: 0 },
  { input: 'snn', item: 3, metric: 'correct', equals: { input: 'ann', item: 2, metric: 'correct' }, tolerance: 0 },
  { input: 'history', item: 1, metric: 'loss', max: 1 },
  { input: 'ann', item: 0, metric: 'unheard', min: 1 },
];

/** Three classes, the last without images. */
export function exampleDataSet(): DataSetSummary {
  const image = encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7) });
  return {
    ...{
      name: 'mine',
      shape: [8, 8, 1],
      classes: 3,
      scale: 256,
      source: 'a folder',
      trainImages: 1500,
      testImages: 20,
    },
    numbers: {
      ...{ pixelMean: 72.943, pixelDeviation: 90.02, pixelMin: 0, pixelMax: 255, digest: '0123456789ab' },
      ...{ trainPerClass: [1000, 500, 0], testPerClass: [10, 10, 0], fewestPerClass: 0, mostPerClass: 1000 },
    },
    samples: [image, image, new Uint8Array()],
  };
}

/** What the records of its run tell. */
export const exampleFacts: RunFacts = {
  ...{ file: 'pipelines/example.yaml', fileDigest: 'sha256:12', fileText: 'name: example\n', computing: '2 min 5 s' },
  calls: [{ call: 'npx spikeline run pipelines/example.yaml', what: 'compute' }],
  about: [['Node', 'v20.0.0']],
  tasks: [
    {
      ...{ task: 'train@precision=k1B2', key: '0123456789abcdef'.repeat(4), seconds: 125, duration: '2 min 5 s' },
      ...{ threads: 2, finishedAt: '2026-01-02T03:04:05.678Z', machine: 'linux x64' },
      outputs: { history: `sha256:${'fedcba9876543210'.repeat(4)}` },
    },
  ],
};

/** Text that would run a script wherever it got into a page unescaped. */
function evilText(script: string): string {
  return `</title><script>${script}</script><img src=x onerror=${script}>"'--><!--/spikeline:run-->`;
}

/** The same content with such text wherever users say something. */
export function evilContent(script: string): ReportContent {
  const evil = evilText(script);
  const { ann, snn, history: histories, expected, ...example } = exampleContent();
  const named = { network: evil, dataset: evil };
  return {
    ...{ ...example, title: evil, description: evil },
    ann: ann.map(({ result, ...item }) => ({
      ...{ ...item, labels: { [evil]: evil } },
      result: { ...result, ...named, precision: `${evil}${result.precision}` },
    })),
    snn: snn.map(({ result, ...item }) => ({
      ...{ ...item, labels: { [evil]: evil } },
      result: {
        ...{ ...result, ...named, precision: `${evil}${result.precision}` },
        layers: result.layers.map((layer) => ({ ...layer, name: `${evil}${layer.name}` })),
      },
    })),
    history: histories.map((item) => ({ ...item, result: { ...item.result, label: evil } })),
    expected: expected.map((one) => ({ ...one, source: evil })),
    dataSets: [{ ...exampleDataSet(), name: evil, source: evil, classNames: [evil, evil, evil] }],
  };
}

export function evilFacts(script: string): RunFacts {
  const evil = evilText(script);
  return {
    ...{ ...exampleFacts, file: evil, fileText: evil, about: [[evil, evil]], calls: [{ call: evil, what: evil }] },
    tasks: exampleFacts.tasks.map((task) => ({ ...task, task: evil, machine: evil })),
  };
}
