import { expect, it } from 'vitest';
import { createLimit } from '../../src/files/limit.js';

it('a limit runs as many as may run at a time, in their order, again and again, whether or not they fail', async () => {
  const limit = createLimit(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const run = (index: number) =>
    limit(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (index % 3 === 0) throw new Error(`${index}`);
      return index;
    });
  for (let round = 0; round < 2; round++) {
    const all = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map(run));
    expect(all.map((one) => (one.status === 'fulfilled' ? one.value : one.status))).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => (index % 3 === 0 ? 'rejected' : index)),
    );
  }
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
});

it('a limit keeps nobody waiting for what is known at once', async () => {
  const limit = createLimit(1);
  const begun: number[] = [];
  const all = [0, 1, 2].map((index) =>
    limit(() => {
      begun.push(index);
      if (index === 1) throw new Error(`${index}`);
      return index;
    }),
  );
  expect(begun).toEqual([0, 1, 2]);
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
