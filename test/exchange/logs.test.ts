import { describe, expect, it } from 'vitest';
import { authorsLogs } from '../../src/exchange/logs.js';

const result = (precision: string, noise = 0) => ({
  label: `The result ${precision}`,
  text: JSON.stringify({
    ...{ stage: 'snn-infer', precision, noise, accuracy: 0.99 },
    batches: { images: 200, correct: [198, 49], spikes: [3712000, 928000], sops: [27879201000, 6969800000] },
  }),
});

describe("the authors' logs", () => {
  it('have a line a batch and a folder a precision', () => {
    expect([...authorsLogs([result('k0B1'), result('k1B2')])]).toEqual(
      ['k0B1', 'k1B2'].flatMap((precision) => [
        [`${precision}/accuracy.txt`, '198\n49\n'],
        [`${precision}/spike_num.txt`, '3712000\n928000\n'],
        [`${precision}/sop_num.txt`, '27879201000\n6969800000\n'],
      ]),
    );
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
