import { describe, expect, it } from 'vitest';
import { curvesInLog } from '../../src/results/log-curves.js';

describe('curves in a log', () => {
  it('are of lines that name an epoch and figures', () => {
    expect(
      curvesInLog(`cut off: loss 9, training 1.00 %
epoch 1: loss 0.7807, training 71.47 %, test 67.20 %
warning: epoch 7: something
epoch 2/9: loss 4.2e-1, learning rate=0.01, held-out images 80 %, test nothing
keeps epoch 2, the best on the validation images
`),
    ).toEqual({
      loss: [
        [1, 0.7807],
        [2, 0.42],
      ],
      'training (%)': [[1, 71.47]],
      'test (%)': [[1, 67.2]],
      'learning rate': [[2, 0.01]],
      'held-out images (%)': [[2, 80]],
    });
  });

  it('go on from an earlier epoch where the training does', () => {
    const epoch = (n: number, loss: number) => `epoch ${n}: loss ${loss}`;
    const log = [epoch(1, 3), epoch(2, 2), epoch(3, 1), 'resuming after epoch 1', epoch(2, 20)].join('\n');
    expect(curvesInLog(log)).toEqual({
      loss: [
        [1, 3],
        [2, 20],
      ],
    });
  });

  it('are none of what is no such log, however long its lines are', () => {
    expect(curvesInLog('')).toEqual({});
    expect(curvesInLog(`epoch 1: ${'a '.repeat(30_000)}`)).toEqual({});
    expect(curvesInLog(`epoch ${'9'.repeat(400)}: loss 1\nepoch x: loss 1\nepoch 1: __proto__ 1`)).toEqual({
      ['__proto__']: [[1, 1]],
    });
  });
});
