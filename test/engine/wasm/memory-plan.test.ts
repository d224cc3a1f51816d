import { describe, expect, it } from 'vitest';
import { MemoryPlan } from '../../../src/engine/wasm/memory-plan.js';
import { bytes } from '../../../src/engine/wasm/units.js';

describe('MemoryPlan', () => {
  it('keeps lists that are seldom full apart from what is all written, page by page', () => {
    const plan = new MemoryPlan();
    const page = 65536;
    plan.alloc(bytes(10 * page));
    const lists = [plan.lists(page), plan.lists(page)] as const;
    plan.alloc(bytes(3 * page));
    const ranges = plan.dense();
    expect(ranges).toHaveLength(2);
    for (const { start, end } of ranges) {
      expect([start % page, end % page]).toEqual([0, 0]);
      expect(end <= lists[0] || start >= lists[1] + 4 * page).toBe(true);
    }
    // Of each part less than a page is left at either end.
    const dense = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(dense).toBeGreaterThan(13 * page - 3 * page);
    expect(ranges.at(-1)!.end).toBeLessThanOrEqual(plan.create().buffer.byteLength);
  });

  it('is the first page alone where lists are all there is', () => {
    const plan = new MemoryPlan();
    plan.lists(1000);
    expect(plan.dense()).toEqual([{ start: 0, end: 65536 }]);
  });
});
