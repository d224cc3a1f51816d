import { describe, expect, it } from 'vitest';
import { parseHistory } from '../../src/results/results.js';

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
});
