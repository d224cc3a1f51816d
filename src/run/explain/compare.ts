import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import type { Metrics, TaskId } from '../../values.js';
import type { Change, Reason } from '../events.js';
import type { RunNote } from '../plan/history-note.js';
import { Planner } from '../plan/planner.js';
import { changesOf, type KeyComposition, reasonsToRun } from '../plan/reasons.js';

/** Why there is nothing to compare of a task on one side. `partial`: it was not among the targets of that run. */
export type WhyIncomparable = 'gone' | 'failed' | 'skipped' | 'waiting' | 'partial';

/** A task in a run, or as it is now. */
type Entry =
  | {
      readonly key: TaskKey;
      readonly load: () => Promise<{ composition: KeyComposition; metrics?: Metrics } | undefined>;
    }
  | { readonly unknown: WhyIncomparable };

/** One of two states of a pipeline to compare. */
export interface RunState {
  readonly tasks: ReadonlyMap<TaskId, Entry>;
  /** True if it has only some of the tasks, because it was a run with targets. */
  readonly partial: boolean;
}

/** A task that is on both sides, and another one. */
export interface TaskComparison {
  readonly task: TaskId;
  /** What its key consists of that changed. */
  readonly reasons: readonly Reason[];
  /** Metrics of which both sides have values; none where a side has not run. */
  readonly metrics: readonly Change[];
}

export interface StageComparison {
  readonly stage: string;
  readonly same: number;
  readonly changed: readonly TaskComparison[];
  readonly appeared: readonly TaskId[];
  readonly disappeared: readonly TaskId[];
  readonly unknown: readonly { readonly task: TaskId; readonly side: 'from' | 'to'; readonly why: WhyIncomparable }[];
}

/** A run as its note and the store know it. */
export function stateOfRun(store: Store, note: RunNote): RunState {
  const entries = Object.entries(note.tasks).map(([id, { key, status }]): [TaskId, Entry] => {
    if (status === 'failed' || key === undefined)
      return [id as TaskId, { unknown: status === 'failed' ? 'failed' : 'skipped' }];
    const load = async () => {
      const record = await store.record(key);
      return record && { composition: record, metrics: record.metrics };
    };
    return [id as TaskId, { key, load }];
  });
  return { tasks: new Map(entries), partial: note.targets !== undefined };
}

/** The pipeline as it is now, whether or not it has run. */
export async function presentState(pipeline: Pipeline, store: Store): Promise<RunState> {
  const plans = await new Planner(pipeline, store).plan();
  const entries = [...plans].map(([id, { identity, result }]): [TaskId, Entry] => {
    if (identity === undefined) return [id, { unknown: 'waiting' }];
    const metrics = result === undefined ? {} : { metrics: result.metrics };
    return [id, { key: identity.key, load: () => Promise.resolve({ composition: identity, ...metrics }) }];
  });
  return { tasks: new Map(entries), partial: false };
}

/** What differs between two sides, by stage, in the pipeline's order; stages that it does not have any more come last. */
export async function compareStates(pipeline: Pipeline, from: RunState, to: RunState): Promise<StageComparison[]> {
  const declared = new Map(pipeline.tasks.map((task) => [task.id, task]));
  const byStage = new Map<string, TaskId[]>(pipeline.stages.map((stage) => [stage, []]));
  for (const id of new Set([...declared.keys(), ...to.tasks.keys(), ...from.tasks.keys()])) {
    if (!from.tasks.has(id) && !to.tasks.has(id)) continue;
    const stage = id.split('@')[0]!;
    const ids = byStage.get(stage) ?? [];
    byStage.set(stage, ids);
    ids.push(id);
  }
  return Promise.all([...byStage].map(([stage, ids]) => compareStage(stage, ids, declared, from, to)));
}

async function compareStage(
  stage: string,
  ids: readonly TaskId[],
  declared: ReadonlyMap<TaskId, Task>,
  from: RunState,
  to: RunState,
): Promise<StageComparison> {
  let same = 0;
  const changed: TaskComparison[] = [];
  const appeared: TaskId[] = [];
  const disappeared: TaskId[] = [];
  const unknown: StageComparison['unknown'][number][] = [];
  for (const id of ids) {
    const [a, b] = [from.tasks.get(id), to.tasks.get(id)];
    if (a === undefined) {
      if (from.partial) unknown.push({ task: id, side: 'from', why: 'partial' });
      else appeared.push(id);
    } else if (b === undefined) {
      if (to.partial) unknown.push({ task: id, side: 'to', why: 'partial' });
      else disappeared.push(id);
    } else if ('unknown' in a) unknown.push({ task: id, side: 'from', why: a.unknown });
    else if ('unknown' in b) unknown.push({ task: id, side: 'to', why: b.unknown });
    else if (a.key === b.key) same++;
    else {
      const [old, current] = [await a.load(), await b.load()];
      if (old === undefined) unknown.push({ task: id, side: 'from', why: 'gone' });
      else if (current === undefined) unknown.push({ task: id, side: 'to', why: 'gone' });
      else {
        const reasons = reasonsToRun(declared.get(id) ?? { inputs: {} }, old.composition, current.composition, []);
        const metrics = old.metrics && current.metrics ? changesOf(old.metrics, current.metrics) : [];
        changed.push({ task: id, reasons, metrics });
      }
    }
  }
  return { stage, same, changed, appeared, disappeared, unknown };
}
