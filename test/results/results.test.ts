import { describe, expect, it } from 'vitest';
import { type AnnResult, annMetrics, annResultText, parseAnnResult } from '../../src/results/ann-result.js';
import { byClass } from '../../src/results/confusion.js';
import {
  conversionMetrics,
  conversionResult,
  conversionText,
  parseConversion,
} from '../../src/results/conversion-result.js';
import {
  parseSnnResult,
  readSnnBatches,
  repeatedResult,
  snnMetrics,
  snnResultText,
} from '../../src/results/snn-result.js';

const about = { network: 'lenet', dataset: 'mnist', precision: 'k1B2' };
const ann: AnnResult = { stage: 'ann-infer', ...about, accuracy: 0.75, correct: 3, images: 4 };
const counts = { spikes: 10, sops: 40, eventSops: 20, effectiveSops: 5 };
const activity = {
  ...{ images: 4, correct: 2, accuracy: 0.5, levels: 4, neurons: 8, ...counts, spikesPerImage: 2.5, sopsPerImage: 10 },
  ...{ eventSopsPerImage: 5, effectiveSopsPerImage: 1.25, firingRate: 0.1, denseMacs: 100 },
};
const layers = [
  { name: 'conv1', neurons: 6, firingRate: 0.2, ...counts },
  { name: 'conv2', neurons: 2, firingRate: 0, ...counts, spikes: 0, sops: 0 },
];
const snn = {
  ...{ stage: 'snn-infer' as const, ...about, noise: 0.1, ...activity, layers },
  batches: { images: 200, correct: [2], spikes: [10], sops: [40] },
};

describe('results', () => {
  it('are read as they were written', () => {
    expect(parseAnnResult(annResultText(ann), 'f')).toEqual(ann);
    expect(parseSnnResult(snnResultText(snn), 'f')).toEqual(snn);
    const { noise, precision, batches } = snn;
    expect(readSnnBatches(JSON.parse(snnResultText(snn)))).toMatchObject({ noise, precision, batches });
  });

  it('are JSON of a field a line, which ends with the last one', () => {
    expect(annResultText(ann).split('\n').slice(0, 3)).toEqual([
      '{',
      '  "stage": "ann-infer",',
      '  "network": "lenet",',
    ]);
    expect(annResultText(ann)).toMatch(/\n {2}"images": 4\n\}\n$/);
  });

  it('tell by class what images were taken for, a row of the matrix a line', () => {
    const found = byClass([0, 2, 2, 0, 2], [0, 2, 0, 2, 2], 3, ['cat', 'dog, [\n1,\n2]', 'owl']);
    expect(found).toEqual({
      confusion: [
        [1, 0, 1],
        [0, 0, 0],
        [1, 0, 2],
      ],
      classAccuracy: [1 / 2, null, 2 / 3],
      classNames: ['cat', 'dog, [\n1,\n2]', 'owl'],
      // The first, the second and the last image: bits 0, 1 and 4.
      recognised: Buffer.from([0b1_0011]).toString('base64'),
    });
    const text = annResultText({ ...ann, ...found });
    expect(text).toContain('  "confusion": [\n    [1, 0, 1],\n    [0, 0, 0],\n    [1, 0, 2]\n  ],\n');
    expect(text).toContain(`  "classAccuracy": [0.5, null, ${2 / 3}],\n`);
    expect(parseAnnResult(text, 'f')).toEqual({ ...ann, ...found });
    expect(annMetrics({ ...ann, ...found })).toEqual(annMetrics(ann));
  });

  it('give the metrics of their tasks, from the file as from what was written to it', () => {
    expect(Object.entries(annMetrics(ann))).toEqual(Object.entries({ accuracy: 0.75, correct: 3, images: 4 }));
    const byLayer = { spikesByLayer: [10, 0], firingRateByLayer: [0.2, 0], sopsByLayer: [40, 0] };
    expect(Object.entries(snnMetrics(snn))).toEqual(Object.entries({ ...activity, ...byLayer }));
    expect(snnMetrics(parseSnnResult(snnResultText(snn), 'f'))).toEqual(snnMetrics(snn));
  });

  it('of several seeds are their means, with each one beside them', () => {
    const other = {
      ...snn,
      correct: 4,
      accuracy: 1,
      firingRate: 0.3,
      layers: layers.map((layer) => ({ ...layer, firingRate: 0.4 })),
    };
    expect(repeatedResult([snn], [7])).toBe(snn);
    const both = repeatedResult([snn, other], [7, 8]);
    expect(both).toMatchObject({ correct: 3, accuracy: 0.75, neurons: 8, batches: snn.batches });
    expect(both.layers[0]!.firingRate).toBeCloseTo(0.3, 12);
    expect(both.repetitions).toMatchObject([
      { seed: 7, accuracy: 0.5, firingRateByLayer: [0.2, 0] },
      { seed: 8, accuracy: 1, firingRateByLayer: [0.4, 0.4] },
    ]);
    expect(parseSnnResult(snnResultText(both), 'f')).toEqual(both);
    expect(snnMetrics(both)).toMatchObject({ accuracy: 0.75, seeds: [7, 8], accuracyBySeed: [0.5, 1] });
  });

  it('tell by layer only what all layers tell', () => {
    const [first] = layers;
    const metrics = snnMetrics({ ...snn, layers: [first!, { name: 'conv2', neurons: 2, firingRate: 0, sops: 1 }] });
    expect(metrics).toMatchObject({ sopsByLayer: [40, 1], firingRateByLayer: [0.2, 0] });
    expect(metrics).not.toHaveProperty('spikesByLayer');
  });

  it.each([
    ['{', 'f is not JSON, and so not a result of ann-infer.'],
    ['{"stage":"snn-infer"}', 'f is not a result of ann-infer: "network" is missing or wrong.'],
    [annResultText({ ...ann, accuracy: -1 }), 'f is not a result of ann-infer: "accuracy" is missing or wrong.'],
  ])('are refused where they are none: %s', (text, message) => {
    expect(() => parseAnnResult(text, 'f')).toThrow(expect.objectContaining({ code: 'E_PLOT_INPUT', message }));
  });
});

describe('a conversion', () => {
  const changed = [
    { negatedChannels: 1, constantChannels: 0, correctedThresholds: 2 },
    { negatedChannels: 2, constantChannels: 1, correctedThresholds: 0 },
  ];
  const sums = { negatedChannels: 3, constantChannels: 1, correctedThresholds: 2 };
  const { dataset: _, ...network } = about;

  it('sums up what happened to its layers', () => {
    const result = conversionResult(network, changed, undefined);
    expect(result).toEqual({ stage: 'snn-convert', ...network, ...sums, layers: changed });
    expect(conversionMetrics(parseConversion(conversionText(result), 'f'))).toEqual(sums);
  });

  it('tells how ANN and SNN compare, in all and by layer', () => {
    const compared = [1, 4].map((different, i) => ({ name: `conv${i + 1}`, different }));
    const comparison = { dataset: 'mnist', images: 4, neuronsCompared: 32, layers: compared, predictionsDifferent: 1 };
    const result = conversionResult(network, changed, comparison);
    const metrics = conversionMetrics(parseConversion(conversionText(result), 'f'));
    expect(Object.entries(metrics)).toEqual(
      Object.entries({
        ...{ ...sums, images: 4, neuronsCompared: 32, neuronsDifferent: 5, neuronsDifferentByLayer: [1, 4] },
        predictionsDifferent: 1,
      }),
    );
  });
});
