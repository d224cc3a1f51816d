import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learningRates, type Schedule, scheduleProblems } from '../../src/experiment/learning-rate.js';

const stepsPerEpoch = 4;
const rates = (schedule: Schedule | undefined, learningRate = 0.1, epochs = 5) => {
  const of = learningRates({ learningRate, schedule, epochs }, stepsPerEpoch);
  return Array.from({ length: epochs * stepsPerEpoch }, (_, step) => of(step));
};
const repeated = (...byEpoch: number[]) => byEpoch.flatMap((rate) => new Array<number>(stepsPerEpoch).fill(rate));

describe('a learning rate', () => {
  it('is constant if nothing else is said', () => {
    for (const schedule of [undefined, 'constant', {}] as const)
      expect(rates(schedule)).toEqual(repeated(0.1, 0.1, 0.1, 0.1, 0.1));
  });

  it('changes after epochs, to another or to a multiple', () => {
    const steps = [
      { after: 1, learningRate: 0.07 },
      { after: 3, factor: 0.5 },
    ];
    expect(rates({ steps })).toEqual(repeated(0.1, 0.07, 0.07, 0.05, 0.05));
    expect(rates({ steps: [{ after: 2, factor: 0.1 }] }, 1e-3)).toEqual(repeated(1e-3, 1e-3, 1e-4, 1e-4, 1e-4));
  });

  it('warms up in a line, to the whole rate at the last step', () => {
    const found = rates({ warmUp: 2, steps: [{ after: 4, factor: 0.5 }] });
    const line = Array.from({ length: 8 }, (_, step) => (0.1 * (step + 1)) / 8);
    expect(found).toEqual([...line, ...repeated(0.1, 0.1, 0.05)]);
  });

  it('goes down half a wave, by the cosine but for its last bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 0.1, noNaN: true }), (epochs, to) => {
        const found = rates({ cosine: { to } }, 0.1, epochs);
        const total = epochs * stepsPerEpoch;
        for (const [step, rate] of found.entries()) {
          const expected = to + ((0.1 - to) * (1 + Math.cos((Math.PI * step) / total))) / 2;
          expect(Math.abs(rate - expected)).toBeLessThan(1e-16);
        }
      }),
      { numRuns: 20 },
    );
    expect(rates('cosine')).toEqual(rates({ cosine: {} }));
    expect(rates({ warmUp: 1, cosine: {} })[4]).toBe(0.1);
  });

  it.each<[Schedule, string, ...(string | number)[]]>([
    [{ cosine: {}, steps: [{ after: 1, factor: 1 }] }, 'give either `steps` or `cosine`', 'cosine'],
    [{ warmUp: 6 }, 'a warm-up of 6 epochs is longer than the 5 of the training', 'warmUp'],
    [{ steps: [{ after: 1 }] }, 'a step says either `learningRate` or `factor`', 'steps', 0],
    [{ steps: [{ after: 1, factor: 1, learningRate: 1 }] }, 'a step says either', 'steps', 0],
    [{ steps: [{ after: 5, factor: 1 }] }, 'a training of 5 epochs has nothing after 5', 'steps', 0, 'after'],
    [
      {
        steps: [
          { after: 2, factor: 1 },
          { after: 2, factor: 1 },
        ],
      },
      'steps must be in the order of their epochs',
      ...['steps', 1, 'after'],
    ],
    [{ warmUp: 3, steps: [{ after: 2, factor: 1 }] }, 'after 2 epochs the warm-up is not over', 'steps', 0, 'after'],
  ])('is refused where it can’t be meant: %j', (schedule, message, ...path) => {
    const [problem] = scheduleProblems({ schedule, epochs: 5 });
    expect(problem).toMatchObject({ parameter: 'schedule', path });
    expect(problem!.message).toContain(message);
    expect(scheduleProblems({ schedule: { warmUp: 2, steps: [{ after: 2, factor: 1 }] }, epochs: 5 })).toEqual([]);
  });
});
