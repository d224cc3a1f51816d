import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeOutdatedStates } from '../../../src/run/local/leftovers.js';
import { Store } from '../../../src/store/store.js';
import type { TaskKey } from '../../../src/store/types.js';
import { testFolder } from '../../store/folder.js';

const [done, open] = ['a'.repeat(64), 'b'.repeat(64)] as [TaskKey, TaskKey];

async function storeWithStates(): Promise<Store> {
  const store = Store.open(join(testFolder(), 'artifacts'));
  for (const key of [done, open]) await store.resumePoint(key).save(Buffer.from('half'));
  return store;
}

describe('mid-way states', () => {
  it('go with the task that is done, and stay where it is not', async () => {
    const store = await storeWithStates();
    await removeOutdatedStates(store, new Set([done]));
    expect(store.resumable()).toEqual([open]);
  });

  it('stay while somebody computes the task once more', async () => {
    const store = await storeWithStates();
    const lock = await store.lock(done);
    await removeOutdatedStates(store, new Set([done]));
    expect(store.resumable()).toEqual([done, open]);
    await lock.release();
    await removeOutdatedStates(store, new Set([done]));
    expect(store.resumable()).toEqual([open]);
  });
});
