import { describe, expect, it } from 'vitest';
import { allCharts } from '../../../src/report/charts/charts.js';
import { renderSvg } from '../../../src/report/charts/render.js';
import { annResults, history, snnResults } from '../examples.js';

/** All texts of a chart as it is drawn, in document order. */
async function texts(inputs: Parameters<typeof allCharts>[0], name: string, title?: string): Promise<string[]> {
  const chart = allCharts(inputs, title).find((candidate) => candidate.name === name);
  const svg = await renderSvg(chart!);
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!.replaceAll('&#39;', "'"));
}

const names = (inputs: Parameters<typeof allCharts>[0]) => allCharts(inputs).map(({ name }) => name);
const nothing = { ann: [], snn: [], histories: [] };

describe('charts', () => {
  it('are those that the results allow', () => {
    expect(names(nothing)).toEqual([]);
    expect(names({ ...nothing, ann: annResults() })).toEqual(['accuracy']);
    expect(names({ ...nothing, snn: snnResults([0]) })).toEqual([
      'accuracy',
      'spikes',
      'operations',
      'energy',
      'firing-rate',
    ]);
    expect(names({ ...nothing, snn: snnResults([0.1]) })).toEqual(['spikes', 'operations', 'energy', 'firing-rate']);
    expect(names({ ...nothing, histories: [history('fp32', 1, 2)] })).toEqual(['training']);
    expect(names({ ann: annResults(), snn: snnResults(), histories: [history('fp32', 1, 2)] })).toEqual([
      ...['accuracy', 'accuracy-noise', 'spikes', 'operations', 'energy', 'firing-rate', 'training'],
    ]);
  });

  it('come apart by network and data set', () => {
    expect(names({ ...nothing, ann: [...annResults('lenet'), ...annResults('vgg')] })).toEqual([
      'lenet-cifar10-accuracy',
      'vgg-cifar10-accuracy',
    ]);
  });

  it('label every bar of the accuracies', async () => {
    const found = await texts({ ann: annResults(), snn: snnResults(), histories: [] }, 'accuracy');
    expect(found).toEqual(
      expect.arrayContaining([
        ...['Accuracy by precision', 'VGG on CIFAR-10 · 10,000 test images', 'test accuracy (%), axis from 88'],
        ...['FP32', 'k0B1', 'k1B2', 'FP32 baseline', 'quantised ANN', 'SNN, one time step'],
        ...['92.85', '89.12', '91.91'],
      ]),
    );
    expect(found.filter((text) => text === '91.91')).toHaveLength(2);
  });

  it('name the convention of operations', async () => {
    const found = await texts({ ...nothing, snn: snnResults() }, 'operations', 'My title');
    expect(found).toEqual(
      expect.arrayContaining([
        'My title · 10,000 test images',
        "paper's convention: Σ im2col(spikes)·C_out·2·L, zero weights counted; all without encoding and dense layer",
        ...['578 M', '72.3 M', '44.8 M', 'operations per image (logarithmic)'],
      ]),
    );
  });

  it('say when they show means, and noise where there is no result without', async () => {
    const twice = [...snnResults([0.2]), ...snnResults([0.2])];
    expect(await texts({ ...nothing, snn: twice }, 'spikes')).toContain(
      'VGG on CIFAR-10 at 20 % noise · 10,000 test images · a neuron emits at most 2ᵏ·B spikes · mean of 2 runs',
    );
  });

  it('join the parts of a resumed training, and number trainings of the same label', () => {
    const labels = (histories: Parameters<typeof allCharts>[0]['histories']) => {
      const [chart] = allCharts({ ...nothing, histories });
      const series = chart!.option.series as { name: string; data: unknown[]; xAxisIndex: number }[];
      return series.filter(({ xAxisIndex }) => xAxisIndex === 0).map(({ name, data }) => `${name}: ${data.length}`);
    };
    const parts = [history('k1B2', 3, 5), history('k1B2', 1, 2), history('fp32', 1, 5)];
    expect(labels(parts)).toEqual(['FP32: 5', 'k1B2: 5']);
    expect(labels([...parts, history('k1B2', 1, 4)])).toEqual(['FP32: 5', 'k1B2 (1): 5', 'k1B2 (2): 4']);
  });
});
