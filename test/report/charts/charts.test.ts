import { describe, expect, it } from 'vitest';
import { bundlesOf, medianRange } from '../../../src/report/charts/bundles.js';
import { allCharts } from '../../../src/report/charts/charts.js';
import { chartCsv } from '../../../src/report/charts/csv.js';
import { renderSvg } from '../../../src/report/charts/render.js';
import { type Chart, labelWidth, picture } from '../../../src/report/charts/style.js';
import type { ReportContent } from '../../../src/report/content/content.js';
import type { History } from '../../../src/results/history.js';
import { classesContent, exampleContent } from '../content.js';
import { annResults, history, snnResults } from '../examples.js';

const digest = 'sha256:0';
const nothing = exampleContent({ ann: [], snn: [], conversion: [], history: [], expected: [] });

/** Results at places of a sweep. */
const at = <T>(result: T, labels: Record<string, string>) => ({ result, labels, digest });
const ann = (network?: string) => annResults(network).map((result) => at(result, { precision: result.precision }));
const snn = (noises?: readonly number[]) =>
  snnResults(noises).map((result) => at(result, { precision: result.precision, noise: String(result.noise) }));
const trained = (one: History, labels: Record<string, string> = { precision: one.label }) => at(one, labels);

const charts = (content: Partial<ReportContent>, title?: string) =>
  allCharts({ ...nothing, ...content }, picture, title);
const names = (content: Partial<ReportContent>) => charts(content).map(({ name }) => name);
const chartOf = (content: Partial<ReportContent>, name: string, title?: string): Chart =>
  charts(content, title).find((chart) => chart.name === name)!;

/** All texts of a chart as it is drawn, in document order. */
async function texts(chart: Chart): Promise<string[]> {
  const svg = await renderSvg(chart);
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!.replaceAll('&#39;', "'"));
}

describe('charts', () => {
  it('are those that the results allow', () => {
    expect(names({})).toEqual([]);
    expect(names({ ann: ann() })).toEqual(['accuracy']);
    expect(names({ snn: snn([0]) })).toEqual(['accuracy', 'spikes', 'operations', 'energy', 'firing-rate']);
    expect(names({ snn: snn([0.1]) })).toEqual(['spikes', 'operations', 'energy', 'firing-rate']);
    expect(names({ history: [trained(history('fp32', 1, 2))] })).toEqual(['training']);
    expect(names({ ann: ann(), snn: snn(), history: [trained(history('fp32', 1, 2))] })).toEqual([
      ...['accuracy', 'accuracy-noise', 'spikes', 'operations', 'energy', 'firing-rate', 'training'],
    ]);
  });

  it('come apart by network and data set', () => {
    expect(names({ ann: [...ann('lenet'), ...ann('vgg')] })).toEqual([
      ...['lenet-cifar10-accuracy', 'vgg-cifar10-accuracy'],
    ]);
  });

  it('label every accuracy, and say where chance is and what the intervals are', async () => {
    const found = await texts(chartOf({ ann: ann(), snn: snn() }, 'accuracy'));
    expect(found).toEqual(
      expect.arrayContaining([
        ...['Accuracy', 'VGG on CIFAR-10 · 10,000 test images · 95 % intervals (Wilson, one run)'],
        ...['FP32', 'k0B1', 'k1B2', 'FP32 baseline', 'quantised ANN', 'SNN, one time step'],
        ...['92.8', '89.1', '91.9', 'test accuracy (%), chance is 10'],
      ]),
    );
    expect(found.filter((text) => text === '91.9')).toHaveLength(2);
  });

  it('average repetitions alone, and hold what they show as a table', () => {
    const seeds = ['1', '2', '3'].flatMap((seed) =>
      annResults()
        .slice(1)
        .flatMap((result, i) =>
          ['0.1', '0.01'].map((lr) => at({ ...result, accuracy: 0.8 + 0.01 * i + 0.001 * Number(seed) }, { lr, seed })),
        ),
    );
    const chart = chartOf({ ann: seeds, repeat: ['seed'] }, 'accuracy');
    expect(chart.subtitle).toContain('mean of 3 repetitions, 95 % intervals (Student’s t)');
    const [head, ...rows] = chartCsv(chart).trimEnd().split('\n');
    expect(head).toBe('precision,lr,series,row,accuracy (%),low,high,bounds,n');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/^k0B1,0.1,quantised ANN,"k0B1, lr=0.1",80\.2\d*,79\.95\d*,80\.4\d*,t,3$/);
  });

  it('name the convention of operations, and draw no bars on logarithmic axes', async () => {
    const chart = chartOf({ snn: snn() }, 'operations', 'My title');
    const found = (await texts(chart)).join('\n');
    for (const text of [
      'My title · 10,000 test images',
      '578 M',
      '72.3 M',
      '44.8 M',
      'operations per image (logarithmic)',
    ])
      expect(found).toContain(text);
    expect(chart.subtitle).toContain("paper's convention: Σ im2col(spikes)·C_out·2·L, zero weights counted");
    expect(chart.points.filter(({ series }) => series === 'event: all synapses')).toHaveLength(2);
  });

  it('draw no interval beyond the axes, however wide it is', async () => {
    const repeated = <T extends { accuracy: number }>(
      results: readonly { result: T; labels: Record<string, string> }[],
    ) =>
      ['1', '2'].flatMap((seed, i) =>
        results.map(({ result, labels }) =>
          at({ ...result, ...spread(result, i), accuracy: 0.4 + 0.5 * i }, { ...labels, seed }),
        ),
      );
    // The mean less half of such an interval is below 0.
    const spread = (result: object, i: number) =>
      Object.fromEntries(
        Object.entries(result).flatMap(([name, value]) =>
          name.endsWith('PerImage') && typeof value === 'number' ? [[name, i === 0 ? value / 10 : value]] : [],
        ),
      );
    const drawn = charts({ ann: repeated(ann()), snn: repeated(snn([0, 0.1])), repeat: ['seed'] });
    expect(drawn.map(({ name }) => name)).toEqual(expect.arrayContaining(['accuracy', 'accuracy-noise', 'operations']));
    for (const chart of drawn) {
      const svg = await renderSvg(chart);
      const paths = [...svg.matchAll(/<path d="([^"]*)"(?![^>]*transform)/g)].map(([, d]) => d!);
      const places = paths.flatMap((d) => [...d.matchAll(/[ML] ?(-?[\d.]+)[ ,](-?[\d.]+)/g)]);
      expect(places.length).toBeGreaterThan(20);
      const outside = places.filter(
        ([, x, y]) => +x! < -1 || +x! > chart.width + 1 || +y! < -1 || +y! > chart.height + 1,
      );
      expect([chart.name, outside.map(([place]) => place), /[ML] ?NaN|Infinity/.exec(svg)]).toEqual([
        chart.name,
        [],
        null,
      ]);
    }
  });

  it('say noise where there is no result without', () => {
    expect(chartOf({ snn: snn([0.2]) }, 'spikes').subtitle).toBe(
      'VGG on CIFAR-10 at 20 % noise · 10,000 test images · a neuron emits at most 2ᵏ·B spikes',
    );
  });

  it('join the parts of a resumed training, number trainings of one place, and begin with the first epoch', () => {
    const labels = (histories: readonly History[]) => {
      const [chart] = charts({ history: histories.map((one) => trained(one)) });
      expect(chart!.option.xAxis).toMatchObject([{ min: 1, max: 5 }, { min: 1 }]);
      return chart!.keys.map(
        ({ name }) => `${name}: ${chart!.points.filter(({ series }) => series === `${name}, loss`).length}`,
      );
    };
    const parts = [history('k1B2', 3, 5), history('k1B2', 1, 2), history('fp32', 1, 5)];
    expect(labels(parts)).toEqual(['FP32: 5', 'k1B2: 5']);
    expect(labels([...parts, history('k1B2', 1, 4)])).toEqual(['FP32: 5', 'k1B2 (1): 5', 'k1B2 (2): 4']);
  });

  it('draw the median and the range of trainings that are too many, by the first axis with few values', () => {
    const many = ['k0B1', 'k1B2'].flatMap((precision) =>
      ['0.1', '0.01', '0.001'].flatMap((lr) =>
        ['32', '64', '128', '256'].map((batch) => trained(history(precision, 1, 5), { precision, lr, batch })),
      ),
    );
    const [chart] = charts({ history: many });
    expect(chart!.keys.map(({ name }) => name)).toEqual(['k0B1', 'k1B2']);
    expect(chart!.subtitle).toContain('lines: medians of 12, bands: their range');
    const one = many.filter(({ labels }) => labels.precision === 'k0B1').concat(many.slice(0, 0));
    const [byRate] = charts({ history: one });
    expect(byRate!.keys.map(({ name }) => name)).toEqual(
      ['lr=0.1', 'lr=0.01', 'lr=0.001'].slice(0, byRate!.keys.length),
    );
    expect(medianRange([3, 1, 2, 10])).toEqual({ median: 2.5, low: 1, high: 10 });
    expect(bundlesOf([{ name: 'a', labels: {} }])).toMatchObject([{ name: 'a', members: [{}] }]);
  });

  it('show what was measured on held-out images, and call no single run a mean', () => {
    const held = history('k1B2', 1, 3);
    const epochs = held.epochs.map((epoch) => ({ ...epoch, validationAccuracy: epoch.testAccuracy - 0.01 }));
    const [chart] = charts({ history: [trained({ ...held, epochs })] });
    expect(chart!.subtitle).toContain('solid on test images, dashed on training images, dotted on held-out images');
    const found = chart!.points.filter(({ series }) => series === 'k1B2, held-out images');
    expect(found.map(({ value }) => value)).toEqual([49, 69, expect.closeTo(75.67, 2)]);
    expect(charts({ history: [trained(held)] })[0]!.subtitle).not.toContain('held-out');
    const [reference, ...others] = annResults();
    const seeds = ['1', '2', '3'].flatMap((seed) =>
      others.map((result) => at(result, { precision: result.precision, seed })),
    );
    const among = [at(reference!, { precision: 'fp32' }), ...seeds];
    expect(chartOf({ ann: among, repeat: ['seed'] }, 'accuracy').subtitle).toContain('mean of 3 repetitions, 95 %');
  });

  it('draw what each point takes the classes for, with names where there is space, and numbers of many', async () => {
    const none = { conversion: [], history: [], expected: [] };
    const named = ['cat', 'dog', 'automobile', 'ship'];
    const few = allCharts(classesContent(4, named, none), picture).filter(({ name }) => name.startsWith('confusion'));
    expect(few.map(({ name }) => name)).toEqual(['confusion-FP32', 'confusion-k0B1', 'confusion-k1B2']);
    const [first] = few as [Chart];
    expect(first.title).toBe('Confusion matrix, FP32');
    const found = await texts(first);
    // At both axes; in the cells whole percents, none where a class is taken for no other.
    for (const name of named) expect(found.filter((text) => text === name)).toHaveLength(2);
    expect(found.filter((text) => /^\d+$/.test(text)).sort()).toEqual([
      ...Array(4).fill('2'),
      ...Array(4).fill('5'),
      ...Array(4).fill('93'),
    ]);
    // The axis is named beside its labels, not on them: they end at one place, the name stands upright at another.
    const svg = await renderSvg(first);
    const end = Number(/translate\((\S+) \S+\)"[^>]*>automobile</.exec(svg)![1]);
    const name = Number(/matrix\(0,-1,1,0,(\S+),\S+\)"[^>]*>class</.exec(svg)![1]);
    expect(name).toBeLessThan(end - labelWidth('automobile'));
    expect(first.places![0]).toEqual({ at: 0, title: 'cat', values: ['92.8 %', '5.4 % for dog'] });
    const [head, ...rows] = chartCsv(first).trimEnd().split('\n');
    expect([head, rows.length]).toEqual(['precision,prediction,class,share of the class (%),n', 16]);
    expect(rows.slice(0, 2)).toEqual(['fp32,cat,cat,92.84,1', 'fp32,dog,cat,5.36,1']);
    const many = allCharts(classesContent(100, undefined, none), picture).find(
      ({ name }) => name === 'confusion-k1B2',
    )!;
    const numbers = await texts(many);
    expect(numbers).toEqual(expect.arrayContaining(['0', '10', '90', 'taken for, number of the class']));
    expect(numbers).not.toContain('11');
  });

  it('draw the first points of many only, and say so', () => {
    const lr = ['1', '2', '3', '4', '5', '6', '7'];
    const {
      snn: [, , , item],
    } = classesContent(3);
    const many = lr.map((label) => ({ ...item!, labels: { precision: 'k1B2', lr: label } }));
    const drawn = charts({ snn: many }).filter(({ name }) => name.startsWith('confusion'));
    expect(drawn.map(({ name }) => name)).toEqual(lr.slice(0, 6).map((label) => `confusion-k1B2-lr-${label}`));
    expect(drawn[0]!.subtitle).toContain('the first 6 of 7 points are drawn');
    // Repetitions are one point: their images are counted together.
    const [together, ...others] = charts({ snn: many, repeat: ['lr'] }).filter(({ name }) =>
      name.startsWith('confusion'),
    );
    expect(others).toEqual([]);
    expect(together!.subtitle).toContain('7 runs together');
  });
});
