import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Recognising } from '../../results/confusion.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { Digest, TaskId } from '../../values.js';
import { outputsOfKind } from './declared.js';

/** Of larger sweeps nobody reads the table row by row, and each result is a file to read. */
const mostTasks = 2000;

/**
 * Which test images tasks recognised, as their results tell: differences between two runs have intervals by them. None of
 * tasks that tell nothing of it, and of those whose results are gone.
 */
export async function recognisedBy(
  { tasks }: Pipeline,
  results: ReadonlyMap<TaskId, TaskResult>,
  store: Store,
): Promise<ReadonlyMap<TaskId, Recognising>> {
  const found = new Map<TaskId, Recognising>();
  if (tasks.length > mostTasks) return found;
  for (const task of tasks)
    for (const output of [...outputsOfKind(task, 'ann'), ...outputsOfKind(task, 'snn')]) {
      const artifact = results.get(task.id)?.outputs[output];
      const told = artifact?.kind === 'file' ? await readResult(store, artifact.digest) : undefined;
      if (told !== undefined) found.set(task.id, told);
    }
  return found;
}

async function readResult(store: Store, digest: Digest): Promise<Recognising | undefined> {
  const bytes = await store.blobs.read(digest);
  if (bytes === undefined) return undefined;
  try {
    const told = JSON.parse(bytes.toString()) as Partial<Recognising> | null;
    return typeof told?.recognised === 'string' && isMatrix(told.confusion) ? (told as Recognising) : undefined;
  } catch {
    // A stage of the user's wrote something else: the table does without.
    return undefined;
  }
}

const isMatrix = (value: unknown): boolean => Array.isArray(value) && value.every(Array.isArray);
