import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { calls, splitBy } from '../../src/engine/wasm/program.js';
import { nowhere } from '../../src/engine/wasm/units.js';

const descriptor = new MemoryPlan().descriptor('Clear', { values: nowhere });

const ranges = (count: number, sizes: readonly number[], threads: number): (readonly [number, number])[] =>
  splitBy(count, sizes, threads, calls('clear', descriptor)).map(([call]) => [call!.lo, call!.hi]);

it.each([
  [48, 2, [16, 16, 8, 8]],
  [40, 2, [16, 16, 4, 4]],
  [33, 2, [16, 16, 1]],
  [40, 3, [13, 13, 14]],
  [10, 1, [10]],
  [3, 8, [1, 1, 1]],
])('splits %d images by sixteens for %d threads', (count, threads, sizes) => {
  expect(ranges(count, [16], threads).map(([lo, hi]) => hi - lo)).toEqual(sizes);
});

it.each([
  [200, 2, [32, 32, 32, 32, 32, 32, 4, 4]],
  [100, 2, [32, 32, 16, 16, 2, 2]],
  [64, 3, [16, 16, 16, 5, 5, 6]],
  [33, 1, [32, 1]],
  [40, 3, [13, 13, 14]],
])('splits %d images by twice sixteens, as long as there are for all of %d threads', (count, threads, sizes) => {
  expect(ranges(count, [32, 16], threads).map(([lo, hi]) => hi - lo)).toEqual(sizes);
});

it('leaves nothing out and takes nothing twice', () => {
  const number = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(number(300), number(20), number(64), number(3), (count, size, threads, times) => {
      const ends = ranges(count, [times * size, size], threads);
      expect(ends[0]![0]).toBe(0);
      expect(ends.at(-1)![1]).toBe(count);
      for (const [i, [lo, hi]] of ends.entries()) {
        expect(hi).toBeGreaterThan(lo);
        expect(lo).toBe(i === 0 ? 0 : ends[i - 1]![1]);
      }
    }),
  );
});
