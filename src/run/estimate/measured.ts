import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskKey, TaskRecord } from '../../store/types.js';
import type { TaskId } from '../../values.js';

/** Records that are read to estimate a run: of more, those of the pipeline itself. To read them takes a second at most. */
const mostRecords = 2000;
/** Of a stage with thousands of tasks, a few are enough. */
const mostOfStage = 100;
/** Records read before others have their turn. */
const atATime = 50;

/**
 * What has been measured in a store that may tell how long tasks of a pipeline take: the newest records of its own tasks and
 * of what they need, then those of other pipelines and earlier forms.
 *
 * @param tasks those that are to be estimated
 */
export async function measuredRecords(
  store: Store,
  pipeline: Pipeline,
  tasks: readonly Task[],
): Promise<readonly TaskRecord[]> {
  const keys = new Set<TaskKey>();
  const published = store.published(pipeline.name);
  const needed = neededTasks(pipeline, tasks);
  for (const stage of pipeline.stages) {
    const own = needed.filter((task) => task.stage === stage);
    const step = Math.max(1, own.length / mostOfStage);
    for (let i = 0; i < own.length; i += step) {
      const key = published.latestKey(own[Math.floor(i)]!.id);
      if (key !== undefined) keys.add(key);
    }
  }
  const all = store.recordKeys();
  for (const key of all.length <= mostRecords ? all : []) keys.add(key);
  const records: TaskRecord[] = [];
  let read = 0;
  for (const key of keys) {
    const record = await store.record(key);
    if (record !== undefined) records.push(record);
    if (++read % atATime === 0) await new Promise(setImmediate);
  }
  return records;
}

/** These tasks, and all that they need, in the order of the pipeline. */
export function neededTasks(pipeline: Pipeline, tasks: readonly Task[]): Task[] {
  const wanted = new Set(tasks.map(({ id }) => id));
  const byId = new Map<TaskId, Task>(pipeline.tasks.map((task) => [task.id, task]));
  // A set goes on with what is added to it meanwhile.
  for (const id of wanted) for (const before of dependenciesOf(byId.get(id)!)) wanted.add(before);
  return pipeline.tasks.filter(({ id }) => wanted.has(id));
}
