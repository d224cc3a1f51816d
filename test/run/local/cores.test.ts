import { describe, expect, it } from 'vitest';
import { firstWave, mostSideBySide, speedup } from '../../../src/run/local/cores.js';

/** Time of all tasks if waves of these numbers begin one after the other. */
const timeOf = (waves: readonly number[], cores: number) =>
  waves.reduce((sum, tasks) => sum + 1 / speedup(Math.floor(cores / tasks)), 0);

/** All ways to part a number of tasks into waves. */
function* wavesOf(tasks: number, most: number): Generator<number[]> {
  if (tasks === 0) yield [];
  for (let first = 1; first <= Math.min(tasks, most); first++)
    for (const rest of wavesOf(tasks - first, most)) yield [first, ...rest];
}

describe('firstWave', () => {
  it('is the beginning of what takes least time of all ways', () => {
    for (const cores of [1, 2, 3, 4, 6])
      for (const most of [1, 2, cores])
        for (let tasks = 1; tasks <= 7; tasks++) {
          const times = [...wavesOf(tasks, Math.min(most, cores))].map((waves) => ({
            waves,
            time: timeOf(waves, cores),
          }));
          const least = Math.min(...times.map(({ time }) => time));
          const first = firstWave(tasks, cores, most);
          expect(times.some(({ waves, time }) => waves[0] === first && time < least + 1e-6)).toBe(true);
        }
  });

  it('takes as many as there are cores of more tasks than can be counted on', () => {
    expect(firstWave(100_000, 64, 64)).toBe(64);
    expect(firstWave(100_000, 64, 10)).toBe(10);
  });
});

it('mostSideBySide has at least 2 GB for each, and lets one run with less', () => {
  expect(mostSideBySide(16, 256e9)).toBe(16);
  expect(mostSideBySide(16, 9e9)).toBe(4);
  expect(mostSideBySide(16, 1e9)).toBe(1);
});
