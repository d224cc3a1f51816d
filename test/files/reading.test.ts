import { afterEach, expect, it, vi } from 'vitest';
import { Pace, tellOfReading } from '../../src/files/reading.js';
import { describeFolder } from '../../src/store/manifest.js';
import { testFolder, writeFiles } from '../store/folder.js';

afterEach(() => {
  tellOfReading();
  vi.restoreAllMocks();
});

it('of a folder is told of after three seconds, and then every ten, to whoever listens', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const told: string[] = [];
  tellOfReading((message) => told.push(message));
  const pace = new Pace({}, 'many');
  for (now = 0; now < 15_000; now += 1000) pace.look();
  for (; now < 25_000; now += 1000) pace.step(60);
  expect(told).toEqual([
    'listing many: 4 files so far',
    'listing many: 14 files so far',
    'reading many: 9 of 60 files',
  ]);
  const own: string[] = [];
  const other = new Pace({ tell: (message) => own.push(message) }, 'other');
  now += 3000;
  other.look();
  expect([own, told.length]).toEqual([['listing other: 1 file so far'], 3]);
});

it('of a folder of small files is given up between two of them', async () => {
  const folder = writeFiles(testFolder(), Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'])));
  for (const after of [0, 20]) {
    const stop = new AbortController();
    let read = 0;
    const reading = describeFolder(
      folder,
      async () => {
        if (++read === after) stop.abort(new Error('enough'));
        return { digest: 'sha256:0' as never, size: 1 };
      },
      { signal: stop.signal },
    );
    if (after === 0) stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(read).toBeLessThan(50);
  }
});
