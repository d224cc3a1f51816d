import { describe, expect, it } from 'vitest';
import { historyMetrics, historyText, keptEpoch, parseHistory } from '../../src/results/history.js';

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
    const about = { network: '16C5-P2, "x"', dataset: 'mnist' };
    const text = historyText(epochs, about);
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

  it('tell accuracy on held-out images, and which epoch was kept for it', () => {
    const about = { network: 'lenet', dataset: 'mnist' };
    // The first part of the training had no images held out, and small rates keep their digits.
    const epochs = [
      { epoch: 1, learningRate: 0.001, loss: 2, trainAccuracy: 0.25, testAccuracy: 0.3 },
      { epoch: 2, learningRate: 1.25e-8, loss: 1, trainAccuracy: 0.5, testAccuracy: 0.4, validationAccuracy: 0.7 },
      { epoch: 3, learningRate: 0, loss: 1, trainAccuracy: 0.5, testAccuracy: 0.5, validationAccuracy: 0.6 },
    ];
    const text = historyText(epochs, { ...about, kept: 2 });
    expect(text.trimEnd().split('\n')).toEqual([
      'epoch,learningRate,loss,trainAccuracy,testAccuracy,validationAccuracy,kept,network,dataset',
      '1,0.001,2,0.25,0.3,,,lenet,mnist',
      '2,1.25e-8,1,0.5,0.4,0.7,1,lenet,mnist',
      '3,0,1,0.5,0.5,0.6,,lenet,mnist',
    ]);
    const read = parseHistory(text, 'x', 'f');
    expect(read).toEqual({ label: 'x', ...about, epochs, kept: 2 });
    expect(historyMetrics(keptEpoch(read)!)).toMatchObject({ epoch: 2, validationAccuracy: 0.7 });
    expect(keptEpoch({ epochs })).toBe(epochs[2]);
  });
});
