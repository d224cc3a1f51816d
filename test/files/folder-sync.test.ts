import { beforeEach, describe, expect, it, vi } from 'vitest';
import { syncFolder } from '../../src/files/atomic.js';
import { FolderSync } from '../../src/files/folder-sync.js';

vi.mock('../../src/files/atomic.js', () => ({ syncFolder: vi.fn<(folder: string) => Promise<void>>() }));
const synced = vi.mocked(syncFolder);

let sync: FolderSync;
beforeEach(() => {
  synced.mockReset().mockResolvedValue(undefined);
  sync = new FolderSync();
});

const names = () => synced.mock.calls.map(([folder]) => folder);

describe('folder sync', () => {
  it('syncs what is named, each folder once', async () => {
    for (const folder of ['a', 'b', 'a']) sync.request(folder);
    await sync.done(true);
    expect(names()).toEqual(['a', 'b']);
  });

  it('takes what is named later to a later round, together', async () => {
    sync.request('a');
    await sync.done(true);
    const waiting = ['b', 'c', 'b'].map((folder) => {
      sync.request(folder);
      return sync.done(true);
    });
    expect(names()).toEqual(['a']);
    await Promise.all(waiting);
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  it('hurries for those who have no patience, and for those who wait with them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      sync.request('a');
      await sync.done();
      sync.request('b');
      const patient = sync.done(true);
      await sync.done();
      await patient;
      expect(names()).toEqual(['a', 'b']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is done only after the disk is, even if nothing was named since', async () => {
    let finish!: () => void;
    synced.mockReturnValueOnce(new Promise((resolve) => (finish = resolve)));
    sync.request('a');
    const done = vi.fn<() => void>();
    const waiting = sync.done().then(done);
    await new Promise(setImmediate);
    expect([names(), done.mock.calls.length]).toEqual([['a'], 0]);
    finish();
    await waiting;
  });

  it('tells a failure to all who come after it', async () => {
    synced.mockRejectedValueOnce(new Error('no disk'));
    sync.request('a');
    await expect(sync.done()).rejects.toThrow('no disk');
    sync.request('b');
    await expect(sync.done()).rejects.toThrow('no disk');
    expect(names()).toEqual(['a']);
  });
});
