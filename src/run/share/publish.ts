import { dirname, relative, sep } from 'node:path';
import { StoreError } from '../../files/error.js';
import type { MaybePromise } from '../../files/maybe-promise.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { RunEvent } from '../events.js';

/** Stores of which it was said that their results can't be shown. */
const told = new WeakSet<Store>();

/**
 * Shows a task's result in the readable tree. Says which files of users were moved aside for it, and once, if a result
 * that is stored can't be shown, because the store may only be read.
 */
export function publish(
  store: Store,
  pipeline: Pick<Pipeline, 'name'>,
  task: Task,
  result: TaskResult,
  emit: (event: RunEvent) => void,
): MaybePromise<void> {
  const tell = (moved: readonly string[]) => {
    if (moved.length > 0)
      emit({ event: 'warning', ...asideWarning(store, store.published(pipeline.name).folderOf(task), moved) });
  };
  const excuse = (error: unknown) => {
    if (!(error instanceof StoreError) || error.code !== 'E_STORE_ACCESS' || store.isWritable) throw error;
    if (!told.has(store))
      emit({ event: 'warning', message: `Results are in the store, and can't be shown: ${error.message}` });
    told.add(store);
  };
  try {
    const moved = store.published(pipeline.name).show(task, result);
    return moved instanceof Promise ? moved.then(tell).catch(excuse) : tell(moved);
  } catch (error) {
    return excuse(error);
  }
}

/** Paths are as they are below the artifacts folder. */
function asideWarning(store: Store, place: string, moved: readonly string[]): { message: string; hint: string } {
  const shown = (path: string) => relative(dirname(store.folder), path).replaceAll(sep, '/');
  const few = moved.slice(0, 3).map(shown).join(', ');
  const more = moved.length > 3 ? ` and ${moved.length - 3} more` : '';
  return {
    message: `${shown(place)} held something that is not a result. It was moved aside: ${few}${more}`,
    hint: 'Keep files of your own outside of the artifacts folder.',
  };
}
