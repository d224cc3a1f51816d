import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BatchOrder, ImageSource, testOrders } from '../../src/experiment/images.js';
import { Loader } from '../../src/experiment/loader.js';
import { randomDataset } from './random-dataset.js';

const batch = 3;
const dataset = randomDataset({ seed: 1, side: 16, classes: 10, train: 12, test: 8 });
const sources = {
  crops: new ImageSource({ input: [12, 12, 3], classes: 10, preprocessing: 'crops' }, dataset),
  scaled: new ImageSource({ input: [16, 16, 3], classes: 10 }, dataset),
};

/** More than there are buffers. */
const orders: readonly BatchOrder[] = [
  ...Array.from({ length: 9 }, (_, i) => ({
    ...({ split: 'train', seed: 7, epoch: i % 2 } as const),
    indices: Uint32Array.of(i, 11 - i, (5 * i) % 12),
  })),
  ...testOrders(8, batch),
];

function direct(source: ImageSource, order: BatchOrder) {
  const [images, labels] = [new Float32Array(batch * source.size), new Int32Array(batch)];
  source.fill(order, { images, labels });
  return { images, labels };
}

const never = new AbortController().signal;
const threads = () => readdirSync('/proc/self/task').length;

describe('a loader', () => {
  it.each(['crops', 'scaled'] as const)('gives the batches in order, the same as made here: %s', async (kind) => {
    const source = sources[kind];
    await Loader.with(source, batch, never, async (loader) => {
      // A second time with the same thread and buffers, as an epoch after the other.
      for (let round = 0; round < 2; round++) {
        const seen: BatchOrder[] = [];
        for await (const { images, labels, order } of loader.batches(orders)) {
          seen.push(order);
          const expected = direct(source, order);
          const count = order.split === 'train' ? batch : order.count;
          expect(images.slice(0, count * source.size)).toEqual(expected.images.slice(0, count * source.size));
          expect(labels.slice(0, count)).toEqual(expected.labels.slice(0, count));
        }
        expect(seen).toEqual(orders);
      }
    });
  });

  it('goes on with other orders after somebody stopped early', async () => {
    await Loader.with(sources.crops, batch, never, async (loader) => {
      for await (const { order } of loader.batches(orders)) if (order === orders[1]) break;
      for await (const { images, order } of loader.batches(orders.slice(4, 9)))
        expect(images.slice()).toEqual(direct(sources.crops, order).images);
    });
  });

  it('works ahead of whoever takes the batches', async () => {
    await Loader.with(sources.crops, batch, never, async (loader) => {
      const asked: number[] = [];
      function* watched() {
        for (const [i, order] of orders.entries()) {
          asked.push(i);
          yield order;
        }
      }
      for await (const _ of loader.batches(watched())) break;
      expect(asked).toEqual([0, 1, 2, 3]);
    });
  });

  it('passes on what goes wrong in its thread', async () => {
    const broken = { split: 'train', seed: 1, epoch: 0 } as unknown as BatchOrder;
    const run = Loader.with(sources.crops, batch, never, async (loader) => {
      for await (const _ of loader.batches([orders[0]!, broken, orders[1]!]));
    });
    await expect(run).rejects.toThrow(TypeError);
  });

  it('ends when the signal is aborted, even while somebody waits', async () => {
    const reason = new Error('enough');
    function* endless() {
      for (;;) yield* orders;
    }
    for (const when of ['before', 'meanwhile'] as const) {
      const controller = new AbortController();
      if (when === 'before') controller.abort(reason);
      const run = Loader.with(sources.crops, batch, controller.signal, async (loader) => {
        for await (const _ of loader.batches(endless()));
      });
      // Its thread has hardly started: the loop waits for the first batch.
      if (when === 'meanwhile') setImmediate(() => setImmediate(() => controller.abort(reason)));
      await expect(run).rejects.toBe(reason);
    }
  });

  it.runIf(process.platform === 'linux')('leaves no thread behind, whatever happens', async () => {
    const stopEarly = () =>
      Loader.with(sources.crops, batch, never, async (loader) => {
        for await (const _ of loader.batches(orders)) throw new Error('stop');
      }).catch(() => undefined);
    // The first may start threads that Node keeps.
    await stopEarly();
    const before = threads();
    for (let round = 0; round < 3; round++) await stopEarly();
    expect(threads()).toBeLessThanOrEqual(before);
  });
});
