import { expect, it } from 'vitest';
import { firstDifference } from '../../src/store/difference.js';

it('names the empty folder that is new or missing, among as many as a large artifact has', () => {
  const folders = Array.from({ length: 50_000 }, (_, i) => `folder-${i}`);
  const [some, all] = [folders.slice(0, -1), folders].map((paths) => ({ files: [], folders: paths, links: [] }));
  expect(firstDifference(some!, all!)).toBe('the empty folder folder-49999 is new');
  expect(firstDifference(all!, some!)).toBe('the empty folder folder-49999 is missing');
});

it('names the link that is new, missing, or leads elsewhere', () => {
  const [none, one, other] = [[], ['run-1'], ['run-2']].map((targets) => ({
    files: [],
    folders: [],
    links: targets.map((target) => ({ path: 'latest', target })),
  }));
  expect(firstDifference(none!, one!)).toBe('the link latest → run-1 is new');
  expect(firstDifference(one!, none!)).toBe('the link latest → run-1 is missing');
  expect(firstDifference(one!, other!)).toBe('the link latest leads to run-2, and led to run-1');
});
