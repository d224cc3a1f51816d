import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';

/** Removes the mid-way state of a stage that has come to its end, once its record is durable. */
export async function removeState(store: Store, key: TaskKey): Promise<void> {
  const resume = store.resumePoint(key);
  if (!resume.exists()) return;
  await store.settled();
  await resume.finish();
}

/**
 * Removes mid-way states of tasks that are done: who is killed between a record and the removal of its state leaves one.
 * Where somebody computes a task once more, by force, its state is not ours to remove.
 */
export async function removeOutdatedStates(store: Store, done: ReadonlySet<TaskKey>): Promise<void> {
  for (const key of store.resumable()) {
    if (!done.has(key)) continue;
    const busy = new AbortController();
    const lock = await store.lock(key, { signal: busy.signal, onWait: () => busy.abort() }).catch((error: unknown) => {
      if (!busy.signal.aborted) throw error;
    });
    try {
      if (lock) await store.resumePoint(key).finish();
    } finally {
      await lock?.release();
    }
  }
}
