import { expect, it } from 'vitest';
import { firstDifference } from '../../src/store/difference.js';

it('names the empty folder that is new or missing, among as many as a large artifact has', () => {
  const folders = Array.from({ length: 50_000 }, (_, i) => `folder-${i}`);
  const [some, all] = [folders.slice(0, -1), folders].map((paths) => ({ files: [], folders: paths }));
  expect(firstDifference(some!, all!)).toBe('the empty folder folder-49999 is new');
  expect(firstDifference(all!, some!)).toBe('the empty folder folder-49999 is missing');
});
