import { describe, expect, it } from 'vitest';
import { historyMetrics, historyText, parseHistory } from '../../src/results/history.js';

describe('training histories', () => {
  it('may say what was trained on what', () => {
    const text = 'epoch,learningRate,loss,trainAccuracy,testAccuracy,network,dataset\n1,0.1,0.5,0.8,,"a,""b""",mnist\n';
    expect(parseHistory(text, 'k1B2', 'f')).toEqual({
      ...{ label: 'k1B2', network: 'a,"b"', dataset: 'mnist' },
      epochs: [{ epoch: 1, learningRate: 0.1, loss: 0.5, trainAccuracy: 0.8, testAccuracy: Number.NaN }],
    });
    expect(parseHistory('epoch,learningRate,loss,trainAccuracy,testAccuracy\n', 'x', 'f')).toEqual({
      label: 'x',
      epochs: [],
    });
  });

  it('are read as they were written, to six digits', () => {
    const epochs = [
      { epoch: 1, learningRate: 0.001, loss: 2.12345678, trainAccuracy: 0.25, testAccuracy: 0.3 },
      { epoch: 2, learningRate: 0.0005, loss: 1, trainAccuracy: 0.5, testAccuracy: 0.4 },
    ];
    const text = historyText(epochs, '16C5-P2, "x"', 'mnist');
    expect(text.split('\n').slice(0, 2)).toEqual([
      'epoch,learningRate,loss,trainAccuracy,testAccuracy,network,dataset',
      '1,0.001,2.123457,0.25,0.3,"16C5-P2, ""x""",mnist',
    ]);
    expect(parseHistory(text, 'k1B2', 'f')).toEqual({
      ...{ label: 'k1B2', network: '16C5-P2, "x"', dataset: 'mnist' },
      epochs: [{ ...epochs[0]!, loss: 2.123457 }, epochs[1]],
    });
    const { learningRate: _, ...metrics } = epochs[1]!;
    expect(historyMetrics(epochs[1]!)).toEqual(metrics);
  });
});
