import { describe, expect, it } from 'vitest';
import { verdictsOf } from '../../../src/report/content/content.js';
import { subjectsOf } from '../../../src/report/content/subjects.js';
import { energyPerImage } from '../../../src/report/numbers/energy.js';
import { markdownTables, tablesOf } from '../../../src/report/tables/subject-tables.js';
import { classesContent, exampleContent } from '../content.js';
import { annResults, history, snnResults } from '../examples.js';

/** A table as text, a row a line. */
function rows(name: string, content = exampleContent()): string[] {
  const table = tablesOf(subjectsOf(content)[0]!).find((candidate) => candidate.name === name)!;
  return [table.columns.map(({ title }) => title), ...table.rows].map((row) => row.join(' | '));
}

describe('verdicts', () => {
  it('compare each expectation with what its input holds', () => {
    expect(
      verdictsOf(exampleContent()).map(({ metric, got, expected, difference, verdict }) =>
        [metric, got, expected, difference, verdict].join(' | '),
      ),
    ).toEqual([
      'accuracy | 0.9191 | 0.92 ± 0.005 | -0.0009 | met',
      'accuracy | 0.8912 | 0.95 ± 0.003 | -0.0588 | OFF',
      'spikesPerImage | 48350.97 | 48000 ± 1000 | 350.97 | met',
      'neuronsDifferent | 0 | 0 | 0 | met',
      'correct | 9191 | 9191 (ANN, precision k1B2) | 0 | met',
      'loss | 0.4 | ≤ 1 |  | met',
      'unheard | – | ≥ 1 |  | missing',
    ]);
  });

  it('keep numbers of another run without comparing them', () => {
    const inapplicable = ['epochs is 1, not 200'];
    const expected = [{ input: 'snn', item: 3, metric: 'accuracy', value: 0.5, tolerance: 0, inapplicable }];
    expect(verdictsOf(exampleContent({ expected }))[0]).toMatchObject({
      verdict: 'n/a',
      difference: '',
      got: '0.9191',
    });
    expect(rows('accuracy', exampleContent({ expected }))[3]).toBe(
      'k1B2 | 50.00 | 91.9 (91.4–92.4) | 91.9 (91.4–92.4) | 0.00 | ± 0 | n/a',
    );
    expect(markdownTables(exampleContent({ expected }))).toContain('a different run: epochs is 1, not 200.');
  });

  it('leave out what speaks of no input', () => {
    const expected = [
      { input: 'snn', item: 99, metric: 'accuracy', value: 1 },
      { input: 'other', item: 0, metric: 'accuracy', value: 1 },
    ];
    expect(verdictsOf(exampleContent({ expected }))).toEqual([]);
  });
});

describe('the tables of a report', () => {
  it('say at which noise counts were made where there is no network without any', () => {
    const notesOf = (noises: readonly number[]) => {
      const snn = snnResults(noises).map((result) => ({
        ...{ result, digest: exampleContent().snn[0]!.digest },
        labels: { precision: result.precision, noise: String(result.noise) },
      }));
      return markdownTables(exampleContent({ snn, expected: [] }));
    };
    expect(notesOf([0, 0.1])).not.toContain('Counted at');
    expect(notesOf([0.1, 0.4])).toContain('Counted at 10 % noise.');
  });

  it("put the paper's numbers beside ours, with difference and verdict", () => {
    expect(rows('accuracy')).toEqual([
      'precision | paper (%) | ANN (%) | SNN (%) | SNN − ANN (points) | difference from paper (points) | tolerance (points) | verdict',
      'FP32 |  | 92.8 (92.3–93.3) |  |  |  |  | ',
      'k0B1 | 95.00 | 89.1 (88.5–89.7) | 89.1 (88.5–89.7) | 0.00 | −5.88 | ± 0.3 | OFF',
      'k1B2 | 92.00 | 91.9 (91.4–92.4) | 91.9 (91.4–92.4) | 0.00 | −0.09 | ± 0.5 | met',
    ]);
    expect(rows('noise').slice(0, 4)).toEqual([
      'precision | noise (%) | paper (%) | SNN (%) | change by noise (points) | difference from paper (points) | tolerance (points) | verdict',
      'k0B1 | 0 | 95.00 | 89.1 (88.5–89.7) |  | −5.88 | ± 0.3 | OFF',
      'k0B1 | 10 |  | 88.1 (87.5–88.7) | −1.00 |  |  | ',
      'k0B1 | 40 |  | 73.1 (72.2–74.0) | −16.00 |  |  | ',
    ]);
    expect(rows('spikes')[1]).toBe('k0B1 | 187,136 | 1 | 48,000 | 48,351 | +0.7 | 20.00 | met');
  });

  it('leave out columns of the paper where nothing is expected', () => {
    expect(rows('accuracy', exampleContent({ expected: [] }))[0]).toBe(
      'precision | ANN (%) | SNN (%) | SNN − ANN (points)',
    );
  });

  it('name the three conventions of operations', () => {
    expect(rows('operations').slice(0, 2)).toEqual([
      "precision | SOPs, paper's convention | SOPs, event | SOPs, effective | multiply-adds of the ANN",
      'k0B1 | 56,570,635 | 28,285,317 | 17,536,897 | 126,222,336',
    ]);
  });

  it('estimate energy by the figures of their source', () => {
    const run = { denseMacs: 1e6, eventSopsPerImage: 2e6, effectiveSopsPerImage: 1e6 };
    expect(energyPerImage(run)).toEqual({ ann: 4.6, event: 0.2, effective: 0.1, eventFloat: 1.8 });
    expect(rows('energy')[1]).toBe('k0B1 | 581 | 25.5 | 22.8 × | 2.83 | 205 × | 1.75');
  });

  it('tell of layers, training and conversion', () => {
    expect(rows('layers').slice(0, 2)).toEqual([
      'layer | neurons | k0B1 (%) | k1B2 (%)',
      'conv1 | 36,864 | 10.00 | 10.00',
    ]);
    expect(rows('training')[1]).toBe('FP32 | 5 | 5 | 0.4 | 87.00 | 82.0 (81.2–82.7) | 0.001');
    expect(rows('conversion')[1]).toBe('k0B1 | 100 | 18,713,600 | 0 | 0 | 3 | 0 | 7');
  });

  it('say of each class how sure its accuracy is, and of many the least recognised', () => {
    expect(rows('classes', classesContent(4, ['cat', 'dog', 'hen', 'ship'])).slice(0, 2)).toEqual([
      'class | FP32 (%) | FP32: most often mistaken for | k0B1 (%) | k0B1: most often mistaken for | k1B2 (%) | k1B2: most often mistaken for',
      'cat | 92.8 (91.8–93.8) | dog, 5.4 % | 89.1 (87.8–90.3) | dog, 8.2 % | 91.9 (90.8–92.9) | dog, 6.1 %',
    ]);
    const many = classesContent(100);
    for (const { result } of many.snn) [result.confusion![42]![42], result.confusion![42]![43]] = [10, 83];
    expect(rows('classes', many)).toHaveLength(11);
    expect(rows('classes', many)[1]).toContain('42 | 93 (86–97) | 43, 5 % | 10 (6–18) | 43, 86 %');
    // Of repetitions by Student's t; a class without images has no accuracy, and results of two numbers of classes none.
    const seeds = classesContent(2)
      .ann.slice(1, 2)
      .flatMap((item) => ['1', '2', '3'].map((seed) => ({ ...item, labels: { ...item.labels, seed } })));
    const own = {
      ...exampleContent({ snn: [], conversion: [], history: [], expected: [], repeat: ['seed'] }),
      ann: seeds,
    };
    expect(rows('classes', own)[1]).toBe('0 | 91.84 ± 0.00 (s 0.00, n 3) | 1, 8.2 %');
    const empty = seeds.map((item) => ({
      ...item,
      result: {
        ...item.result,
        confusion: [
          [0, 0],
          [1, 9],
        ],
      },
    }));
    expect(rows('classes', { ...own, ann: empty })[1]).toBe('0 |  | ');
    expect(
      subjectsOf({ ...own, ann: [...seeds, ...classesContent(3).ann.slice(0, 1)] })
        .flatMap((one) => tablesOf(one))
        .map(({ name }) => name),
    ).toEqual(['accuracy']);
  });

  it('show all numbers where sources disagree, and the worst verdict', () => {
    const of = (value: number) => ({
      input: 'snn',
      item: 3,
      metric: 'accuracy',
      value,
      tolerance: 0.001,
      source: `${value}`,
    });
    expect(rows('accuracy', exampleContent({ expected: [of(0.9195), of(0.9085)] }))[3]).toBe(
      'k1B2 | 91.95 / 90.85 | 91.9 (91.4–92.4) | 91.9 (91.4–92.4) | 0.00 | −0.04 | ± 0.1 | OFF',
    );
  });

  it('are Markdown with headings a subject and every note', () => {
    const text = markdownTables(exampleContent());
    expect(text.match(/^##+ .*$/gm)).toEqual([
      ...['## VGG on CIFAR-10', '### Accuracy', '### Accuracy under noise', '### Spikes per image'],
      ...['### Synaptic operations per image', '### Energy per image, estimated', '### Firing rate by layer'],
      ...['### Training', '### Conversion, ANN against SNN neuron by neuron', '## Expectations'],
    ]);
    expect(text).toContain('| k1B2      |     92.00 | 91.9 (91.4–92.4) | 91.9 (91.4–92.4) |               0.00 |');
    expect(text).toContain('Numbers of the paper: table 1.');
    expect(markdownTables(exampleContent({ ann: [], snn: [], conversion: [], history: [] }))).toBe('');
  });
});

describe('subjects', () => {
  const digest = 'sha256:0';
  const items = (network: string, net?: string) => ({
    ann: annResults(network).map((result) => ({
      ...{ result, digest },
      labels: { precision: result.precision, ...(net === undefined ? {} : { net }) },
    })),
    snn: snnResults([0], network).map((result) => ({ result, digest, labels: { precision: result.precision } })),
  });
  const training = (labels: Record<string, string>) => ({ result: history('k1B2', 1, 2), labels, digest });
  const content = (a: ReturnType<typeof items>, b: ReturnType<typeof items>, labels: Record<string, string>) =>
    exampleContent({
      ...{ ann: [...a.ann, ...b.ann], snn: [...a.snn, ...b.snn].slice(0, 0), conversion: [] },
      history: [training(labels)],
    });

  it('are networks and data sets; trainings go where their labels fit', () => {
    const subjects = subjectsOf(content(items('lenet', 'small'), items('vgg', 'large'), { net: 'large' }));
    expect(subjects.map(({ heading, history }) => `${heading}: ${history.length}`)).toEqual([
      'LeNet on CIFAR-10: 0',
      'VGG on CIFAR-10: 1',
    ]);
  });

  it('take in what names its network and data set, whatever its labels', () => {
    const several = content(items('lenet'), items('vgg'), { precision: 'k1B2' });
    const named = several.history.map((item) => ({
      ...item,
      result: { ...item.result, network: 'vgg', dataset: 'cifar10' },
    }));
    expect(
      subjectsOf({ ...several, history: named }).map(({ heading, history }) => `${heading}: ${history.length}`),
    ).toEqual([...['LeNet on CIFAR-10: 0', 'VGG on CIFAR-10: 1']]);
  });

  it('get one more for what fits several', () => {
    const subjects = subjectsOf(content(items('lenet'), items('vgg'), { precision: 'k1B2' }));
    expect(subjects.map(({ heading, history }) => `${heading}: ${history.length}`)).toEqual([
      ...['LeNet on CIFAR-10: 0', 'VGG on CIFAR-10: 0', 'All networks: 1'],
    ]);
  });
});

describe('repetitions', () => {
  /** Seeds 1 to 4 at two learning rates: accuracies of the first are 0.80 to 0.83, of the second ten points above. */
  const sweep = ['1e-3', '1e-4'].flatMap((rate, row) =>
    ['1', '2', '3', '4'].map((seed, i) => ({
      result: { ...annResults()[1]!, accuracy: 0.8 + i / 100 + row / 10 },
      ...{ labels: { precision: 'k0B1', rate, seed }, digest: '' },
    })),
  );
  const alone = { snn: [], conversion: [], history: [], expected: [] };

  it('are averaged over declared axes alone, others are rows by name', () => {
    expect(rows('accuracy', exampleContent({ ...alone, ann: sweep, repeat: ['seed'] }))).toEqual([
      'precision | rate | ANN (%)',
      'k0B1 | 1e-3 | 81.5 ± 2.1 (s 1.3, n 4)',
      'k0B1 | 1e-4 | 91.5 ± 2.1 (s 1.3, n 4)',
    ]);
    expect(rows('accuracy', exampleContent({ ...alone, ann: sweep }))).toHaveLength(9);
    const one = sweep.filter(({ labels }) => labels.seed === '1');
    expect(rows('accuracy', exampleContent({ ...alone, ann: one, repeat: ['seed'] }))[1]).toBe(
      'k0B1 | 1e-3 | 89.1 (88.5–89.7)',
    );
  });

  it('may be of unequal number', () => {
    const some = sweep.filter(({ labels }) => labels.rate === '1e-3' || Number(labels.seed) <= 2);
    expect(rows('accuracy', exampleContent({ ...alone, ann: some, repeat: ['seed'] })).slice(1)).toEqual([
      'k0B1 | 1e-3 | 81.5 ± 2.1 (s 1.3, n 4)',
      'k0B1 | 1e-4 | 91 ± 6 (s 0.7, n 2)',
    ]);
  });

  it('within one repetition are averaged before: they are not independent', () => {
    const drawn = sweep.slice(0, 4).flatMap((item, i) =>
      ['a', 'b'].map((draw, j) => ({
        result: { ...snnResults([0])[0]!, accuracy: item.result.accuracy + (j - 0.5) / 10 },
        ...{ labels: { ...item.labels, draw, seed: String(i) }, digest: '' },
      })),
    );
    const content = exampleContent({ ...alone, ann: [], snn: drawn, repeat: ['seed', 'draw'] });
    expect(rows('accuracy', content)[1]).toBe('k0B1 | 81.5 ± 2.1 (s 1.3, n 4)');
  });

  it('of the noise within one run stand for runs where there are no others', () => {
    const run = snnResults([0.1])[0]!;
    const draws = [0.8, 0.81, 0.82, 0.83].map((accuracy, seed) => ({
      ...{
        seed,
        correct: 10_000 * accuracy,
        accuracy,
        spikesPerImage: 1000 + seed,
        sopsPerImage: 1,
        eventSopsPerImage: 1,
      },
      ...{ effectiveSopsPerImage: 1, firingRate: 0.1, firingRateByLayer: [accuracy, 0.1, 0.1] },
    }));
    const of = (seeds: readonly string[]) => ({
      ...{ ...alone, ann: [], repeat: ['seed'] },
      snn: seeds.map((seed) => ({ result: { ...run, noise: 0, repetitions: draws }, labels: { seed }, digest: '' })),
    });
    expect(rows('accuracy', exampleContent(of(['1'])))[1]).toBe('k0B1 | 81.5 ± 2.1 (s 1.3, n 4)');
    expect(rows('spikes', exampleContent(of(['1'])))[1]).toContain('| 1,001.5 ± 2.1 (s 1.3, n 4) |');
    expect(rows('layers', exampleContent(of(['1'])))[1]).toContain('| 81.5 ± 2.1 (s 1.3, n 4)');
    // Of several runs it is the runs that are independent.
    expect(rows('accuracy', exampleContent(of(['1', '2'])))[1]).toContain('n 2)');
  });

  it('are none if two results have the same labels: those of two stages are numbered', () => {
    const twice = [...sweep.slice(0, 4), ...sweep.slice(0, 4)];
    expect(
      rows('accuracy', exampleContent({ ...alone, ann: twice, repeat: ['seed'] })).map((row) => row.slice(0, 16)),
    ).toEqual(['precision | resu', 'k0B1 | 1 | 81.5 ', 'k0B1 | 2 | 81.5 ']);
  });

  it('of trainings are a row, by the axes that these differ in', () => {
    const trained = sweep.map(({ labels, ...item }, i) => ({
      ...{ ...item, labels },
      result: {
        ...history('x', 1, 2),
        epochs: history('x', 1, 2).epochs.map((one) => ({ ...one, testAccuracy: i / 10 })),
      },
    }));
    const content = exampleContent({ ...alone, ann: [], history: trained, repeat: ['seed'] });
    expect(rows('training', content)).toEqual([
      'precision | rate | epochs shown | last epoch | loss at its end | on training images (%) | on test images (%) | last learning rate',
      'k0B1 | 1e-3 | 2 | 2 | 1 ± 0 (s 0, n 4) | 75.00 ± 0.00 (s 0.00, n 4) | 15 ± 21 (s 13, n 4) | 0.001',
      'k0B1 | 1e-4 | 2 | 2 | 1 ± 0 (s 0, n 4) | 75.00 ± 0.00 (s 0.00, n 4) | 55 ± 21 (s 13, n 4) | 0.001',
    ]);
  });

  it('are paired where two rows are compared: by repetition, by the seed of the noise, or by image', () => {
    const accuracies = { ann: [0.8, 0.82, 0.81, 0.83], snn: [0.801, 0.823, 0.81, 0.832] };
    const at = (seed: number) => ({ labels: { precision: 'k0B1', seed: String(seed) }, digest: '' });
    const paired = exampleContent({
      ...{ ...alone, repeat: ['seed'] },
      ann: accuracies.ann.map((accuracy, i) => ({ ...at(i), result: { ...annResults()[1]!, accuracy } })),
      // In another order: they are found by their labels.
      snn: accuracies.snn.map((accuracy, i) => ({ ...at(i), result: { ...snnResults([0])[0]!, accuracy } })).reverse(),
    });
    expect(rows('accuracy', paired)[1]).toBe(
      'k0B1 | 81.5 ± 2.1 (s 1.3, n 4) | 81.7 ± 2.2 (s 1.4, n 4) | +0.15 ± 0.21 (s 0.13, n 4)',
    );
    expect(rows('accuracy', { ...paired, snn: paired.snn.slice(1) })[1]).toMatch(/ \| −0\.\d\d$/);

    // One run, of 16 images: the ANN recognised the first eight, the SNN nine others and none of four of them.
    const bits = (...bytes: number[]) => ({ recognised: Buffer.from(bytes).toString('base64'), images: 16 });
    const one = (snn: object) =>
      exampleContent({
        ...alone,
        ann: [{ ...at(1), result: { ...annResults()[1]!, ...bits(0b1111_1111, 0), correct: 8, accuracy: 0.5 } }],
        snn: [{ ...at(1), result: { ...snnResults([0])[0]!, ...snn, correct: 5, accuracy: 5 / 16 } }],
      });
    expect(rows('accuracy', one(bits(0b0000_1111, 1)))[1]).toMatch(/ \| −19 \(−46 … \+10\)$/);
    expect(rows('accuracy', one({ images: 16 }))[1]).toMatch(/ \| −18\.75$/);

    const run = snnResults([0.1])[0]!;
    const draws = [0.8, 0.81, 0.82, 0.83].map((accuracy, seed) => ({
      ...{ seed, correct: 1, accuracy, spikesPerImage: 1, sopsPerImage: 1, eventSopsPerImage: 1 },
      ...{ effectiveSopsPerImage: 1, firingRate: 0.1, firingRateByLayer: [0.1, 0.1, 0.1] },
    }));
    const noisy = exampleContent({
      ...{ ...alone, ann: [] },
      snn: [
        { ...at(1), result: { ...run, noise: 0, accuracy: 0.9, correct: 9000 } },
        { ...at(1), result: { ...run, accuracy: 0.815, repetitions: draws } },
      ],
    });
    expect(rows('noise', noisy)[2]).toBe('k0B1 | 10 | 81.5 ± 2.1 (s 1.3, n 4) | −8.5 ± 2.1 (s 1.3, n 4)');
  });
});
