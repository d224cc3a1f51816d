import { outputsOfKind } from '../../api/results/declared.js';
import type { Scalar } from '../../exchange/tensorboard.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { parseHistory } from '../../results/history.js';
import type { Store } from '../../store/store.js';
import { type RunResultRow, stageOf } from './runs.js';

/** The curves of a training, by epoch: what is no finite number is left out. Of other results there are none. */
export async function curvesOf(
  pipeline: Pipeline,
  store: Store,
  { task: id, key }: Pick<RunResultRow, 'task' | 'key'>,
): Promise<Scalar[]> {
  // One that the pipeline has no more has made what others of its stage do.
  const task = pipeline.tasks.find(({ stage }) => stage === stageOf(id));
  const record = await store.record(key);
  if (task === undefined || record === undefined) return [];
  const scalars: Scalar[] = [];
  for (const output of outputsOfKind(task, 'history')) {
    const artifact = record.outputs[output];
    const bytes = artifact === undefined ? undefined : await store.blobs.read(artifact.digest);
    if (bytes === undefined) continue;
    for (const { epoch, ...values } of parseHistory(bytes.toString(), id, `The output "${output}" of ${id}`).epochs)
      for (const [tag, value] of Object.entries(values))
        if (Number.isFinite(value)) scalars.push({ tag, step: epoch, value });
  }
  return scalars;
}
