import { describe, expect, it } from 'vitest';
import { authorsLogs } from '../../src/exchange/logs.js';

const result = (precision: string, noise = 0, seeds: number[] = []) => ({
  label: `The result ${precision}`,
  text: JSON.stringify({
    ...{ stage: 'snn-infer', precision, noise, accuracy: 0.99 },
    batches: { images: 200, correct: [198, 49], spikes: [3712000, 928000], sops: [27879201000, 6969800000] },
    ...(seeds.length === 0 ? {} : { repetitions: seeds.map((seed) => ({ seed, accuracy: 0.9 })) }),
  }),
});

describe("the authors' logs", () => {
  it('have a line a batch and a folder a precision', () => {
    const { files, warnings } = authorsLogs([result('k0B1'), result('k1B2')]);
    expect(warnings).toEqual([]);
    expect([...files]).toEqual(
      ['k0B1', 'k1B2'].flatMap((precision) => [
        [`${precision}/accuracy.txt`, '198\n49\n'],
        [`${precision}/spike_num.txt`, '3712000\n928000\n'],
        [`${precision}/sop_num.txt`, '27879201000\n6969800000\n'],
      ]),
    );
  });

  it('are of the first seed of the noise, and say so, where there are several', () => {
    const { files, warnings } = authorsLogs([result('k0B1'), result('k1B2', 0.1, [7, 3, 5])]);
    expect(files.get('k1B2/accuracy.txt')).toBe('198\n49\n');
    expect(warnings).toEqual([
      "The logs of k1B2 are of the noise of seed 7 alone, not the mean over all 3: the authors' logs are of one run.",
    ]);
  });

  it.each([
    [
      'two results of one precision',
      [result('k1B2'), result('k1B2', 0.1)],
      "There are two results for k1B2, with noise 0 and 0.1, but the authors' logs have room for one.",
    ],
    [
      'other files',
      [{ label: 'The result', text: '{"stage":"ann-infer"}' }],
      'The result is not a result of snn-infer.',
    ],
    [
      'precisions that would be other folders',
      [{ ...result('k1B2'), text: result('k1B2').text.replace('k1B2', '../../k1B2') }],
      'The result k1B2 is not a result of snn-infer.',
    ],
  ])('refuse %s', (_, results, message) => {
    expect(() => authorsLogs(results)).toThrow(expect.objectContaining({ code: 'E_LOGS_INPUT', message }));
  });
});
