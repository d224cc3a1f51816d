import { expect, it } from 'vitest';
import { allCharts } from '../../../src/report/charts/charts.js';
import { picture } from '../../../src/report/charts/style.js';
import { disturbanceOf, disturbanceText } from '../../../src/report/content/noise.js';
import { subjectsOf } from '../../../src/report/content/subjects.js';
import { tablesOf } from '../../../src/report/tables/subject-tables.js';
import { resultsCsv } from '../../../src/results/csv.js';
import type { SnnResult } from '../../../src/results/snn-result.js';
import { exampleContent } from '../content.js';
import { snnResults } from '../examples.js';

const all = ['conv1', 'conv2', 'conv3'];
const k1B2 = snnResults([0]).find(({ precision }) => precision === 'k1B2')!;
const under = (...noiseTerms: NonNullable<SnnResult['noiseTerms']>): SnnResult => {
  const noise = noiseTerms.map(({ probability, sigma }) => probability ?? sigma ?? 0).find((amount) => amount > 0) ?? 0;
  return { ...k1B2, noise, noiseTerms };
};
const insertion = (probability: number, layers = all) => ({ kind: 'insertion', probability, layers });
const membrane = (sigma: number, layers = all) => ({ kind: 'membrane', sigma, layers });

const results = [
  k1B2,
  { ...k1B2, noise: 0.1 },
  under(insertion(0.1)),
  under(insertion(0.2)),
  under(membrane(0.5, ['conv2'])),
];
const items = results.map((result, i) => ({ result, labels: { noise: `n${i}` }, digest: '' }));
const content = exampleContent({ ann: [], conversion: [], history: [], expected: [], snn: items });

it('calls noise by its kind, its layers and its amount', () => {
  const text = (result: SnnResult) => disturbanceText(disturbanceOf(result));
  expect(text({ ...k1B2, noise: 0.1 })).toBe('10 % noise');
  expect(text(under({ kind: 'deletion', probability: 0.1, layers: ['conv1'] }))).toBe('10 % noise');
  expect(text(under(insertion(0.1)))).toBe('10 % insertion in all layers');
  expect(text(under(membrane(0.5, ['conv2', 'conv3'])))).toBe('0.5 θ membrane noise in all ternary layers');
  expect(text(under(insertion(0), membrane(0.5, ['conv3'])))).toBe(
    '0.5 θ membrane noise in conv3 with 0 % insertion in all layers',
  );
});

it('draws a chart a kind, each from the network without noise on', () => {
  const charts = allCharts(content, picture).filter(({ name }) => name.startsWith('accuracy-noise'));
  expect(charts.map(({ name, title, points }) => [name, title, points.map(({ at }) => at)])).toEqual([
    ['accuracy-noise', 'Accuracy under noise', [0, 10]],
    ['accuracy-noise-insertion-all-layers', 'Accuracy under insertion in all layers', [0, 10, 20]],
    ['accuracy-noise-membrane-conv2', 'Accuracy under membrane noise in conv2', [0, 0.5]],
  ]);
  expect(charts[2]!.measures.at).toBe('membrane noise in conv2, sigma (thresholds)');
});

it('tabulates kinds with their amounts, one row without noise', () => {
  const { columns, rows } = tablesOf(subjectsOf(content)[0]!).find(({ name }) => name === 'noise')!;
  expect(columns.slice(0, 3).map(({ title }) => title)).toEqual(['precision', 'noise', 'amount']);
  expect(rows.map((row) => row.slice(0, 3))).toEqual([
    ['k1B2', 'none', ''],
    ['k1B2', 'deletion in the encoding layer', '10 %'],
    ['k1B2', 'insertion in all layers', '10 %'],
    ['k1B2', 'insertion in all layers', '20 %'],
    ['k1B2', 'membrane noise in conv2', '0.5 θ'],
  ]);
});

it('counts a network once that has none of several kinds', () => {
  const clean = [under(insertion(0)), under(membrane(0)), under(insertion(0.1)), under(membrane(1))];
  const kinds = clean.map((result, i) => ({
    result,
    labels: { kind: i % 2 === 0 ? 'insertion' : 'membrane' },
    digest: '',
  }));
  const [first] = subjectsOf(exampleContent({ ann: [], conversion: [], history: [], expected: [], snn: kinds }));
  expect(tablesOf(first!).find(({ name }) => name === 'accuracy')!.rows).toHaveLength(1);
});

it('has kind, amount and layers in CSV where a result has a kind', () => {
  const csv = resultsCsv([], items).split('\n');
  expect(csv[0]).toContain('noise,noiseKind,noiseAmount,noiseLayers,');
  expect(csv[3]).toContain('0.1,insertion,0.1,conv1 conv2 conv3,');
  expect(resultsCsv([], items.slice(0, 2))).not.toContain('noiseKind');
});
