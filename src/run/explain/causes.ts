import { dependenciesOf, withDependencies } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskKey, TaskRecord, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Reason, TaskStatus } from '../events.js';
import { findRun } from '../plan/history.js';
import type { RunNote } from '../plan/history-note.js';
import { neverDone, Planner, type TaskPlan, unreadableInput } from '../plan/planner.js';
import { reasonsToRun } from '../plan/reasons.js';

/** A task further up that is behind the state of the one asked about. */
export interface Cause {
  readonly task: TaskId;
  /** `changed`: it is up to date, but not what the task below was made from. `ran`: it ran before, for these reasons. */
  readonly state: 'stale' | 'missing' | 'failed' | 'changed' | 'ran';
  /** Of one that ran: in which run. */
  readonly run?: number;
  /** Empty where nobody knows any more. */
  readonly reasons: readonly Reason[];
  /** When what is there now was made. */
  readonly finishedAt?: string;
  /** Of one that will run: the way from it down to the waiting task, both included. */
  readonly path?: readonly TaskId[];
}

/** All that is known of why a task is in its state. */
export interface Explanation {
  readonly pipeline: string;
  readonly task: TaskId;
  readonly status: TaskStatus;
  /** Of a cached task its result, of others the last one, if that still is there. */
  readonly record?: TaskRecord;
  /** Of a cached task: the run that made it, and why. */
  readonly ran?: Pick<RunNote, 'run' | 'finishedAt'> & { readonly reasons: readonly Reason[] };
  /** Of a waiting task: why it will run even if all it waits for turns out the same. Missing where that is not known. */
  readonly own?: readonly Reason[];
  /** What is behind it, nearest first, each task once. */
  readonly causes: readonly Cause[];
}

/** Explains the state of a task, following its inputs up to the root causes. */
export async function explainTask(pipeline: Pipeline, store: Store, task: Task): Promise<Explanation> {
  const planner = new Planner(pipeline, store);
  const plans = await planner.plan(withDependencies(pipeline, [task]));
  return new Explainer(pipeline, store, planner, plans).explain(task);
}

class Explainer {
  readonly #tasks: ReadonlyMap<TaskId, Task>;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly planner: Planner,
    readonly plans: ReadonlyMap<TaskId, TaskPlan>,
  ) {
    this.#tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
  }

  async explain(task: Task): Promise<Explanation> {
    const { status } = this.plans.get(task.id)!;
    const base = { pipeline: this.pipeline.name, task: task.id, status };
    const record = status.state === 'cached' ? await this.store.record(status.key) : await this.#lastRecord(task.id);
    const known = record === undefined ? {} : { record };
    if (status.state === 'cached') return { ...base, ...known, ...(await this.#lastRun(task, status.key)) };
    if (status.state === 'waiting') {
      const own = await this.#ownReasons(task);
      return { ...base, ...known, ...(own === undefined ? {} : { own }), causes: await this.#willRun(task) };
    }
    return { ...base, ...known, causes: await this.#changed(task.id, status.reasons) };
  }

  /** The run that made a result, and those that made the inputs for which it had to. */
  async #lastRun(task: Task, key: TaskKey): Promise<Pick<Explanation, 'ran' | 'causes'>> {
    const made = await this.#runThatMade(task.id, key, Number.POSITIVE_INFINITY);
    if (made === undefined) return { causes: [] };
    const { run, finishedAt } = made;
    const reasons = made.tasks[task.id]!.reasons ?? [];
    const causes: Cause[] = [];
    const seen = new Map(makersIn(reasons).map((id) => [id, made]));
    for (const [id, user] of seen) {
      const note = user.tasks[id];
      const source = note?.key === undefined ? undefined : await this.#runThatMade(id, note.key, user.run);
      if (source === undefined) continue;
      const why = source.tasks[id]!.reasons ?? [];
      causes.push({ task: id, state: 'ran', run: source.run, reasons: why, finishedAt: source.finishedAt });
      for (const maker of makersIn(why)) if (!seen.has(maker)) seen.set(maker, source);
    }
    return { ran: { run, finishedAt, reasons }, causes };
  }

  #runThatMade(task: TaskId, key: TaskKey, latest: number): Promise<RunNote | undefined> {
    return findRun(
      this.store,
      this.pipeline.name,
      ({ run, tasks }) => run <= latest && tasks[task]?.status === 'ran' && tasks[task].key === key,
    );
  }

  /** The tasks whose inputs differ because they were made anew, and those behind them. */
  async #changed(task: TaskId, reasons: readonly Reason[]): Promise<Cause[]> {
    const before = await this.#runWithLatestKeyOf(task);
    const causes: Cause[] = [];
    const seen = new Set(makersIn(reasons));
    for (const id of seen) {
      const { result } = this.plans.get(id)!;
      const now = result && (await this.store.record(result.key));
      if (now === undefined) continue;
      const why = await this.#reasonsSince(id, before, now);
      causes.push({ task: id, state: 'changed', reasons: why, finishedAt: now.provenance.finishedAt });
      for (const maker of makersIn(why)) seen.add(maker);
    }
    return causes;
  }

  async #reasonsSince(id: TaskId, before: RunNote | undefined, now: TaskRecord): Promise<readonly Reason[]> {
    const key = before?.tasks[id]?.key;
    if (key === now.key)
      return [{ code: 'other-bytes', text: 'it ran again with nothing changed, and made other bytes' }];
    const old = key === undefined ? undefined : await this.store.record(key);
    return old === undefined ? [] : reasonsToRun(this.#tasks.get(id)!, old, now, []);
  }

  /** The newest run in which a task had the key that its last result has. */
  async #runWithLatestKeyOf(task: TaskId): Promise<RunNote | undefined> {
    const key = this.store.published(this.pipeline.name).latestKey(task);
    return key === undefined
      ? undefined
      : findRun(this.store, this.pipeline.name, ({ tasks }) => tasks[task]?.key === key);
  }

  /** The tasks that will run for certain and that a waiting one waits for, with what is behind each. */
  async #willRun(task: Task): Promise<Cause[]> {
    const causes: Cause[] = [];
    const found = new Set<TaskId>();
    /** Each task with the next one on the way down. */
    const below = new Map<TaskId, TaskId | undefined>([[task.id, undefined]]);
    for (const user of below.keys())
      for (const id of dependenciesOf(this.#tasks.get(user)!)) {
        const { status } = this.plans.get(id)!;
        if (below.has(id) || status.state === 'cached') continue;
        if (status.state === 'waiting') below.set(id, user);
        else if (!found.has(id)) {
          found.add(id);
          causes.push({
            task: id,
            state: status.state,
            reasons: reasonsOf(status),
            path: [id, ...wayDown(user, below)],
          });
        }
      }
    const behind = await Promise.all(causes.map(({ task, reasons }) => this.#changed(task, reasons)));
    return [...causes, ...behind.flat().filter(({ task }) => !found.has(task) && found.add(task))];
  }

  /** Why a waiting task runs even if what it waits for turns out as it was. */
  async #ownReasons(task: Task): Promise<readonly Reason[] | undefined> {
    if (this.store.published(this.pipeline.name).latestKey(task.id) === undefined)
      return [neverDone(this.store, this.pipeline.name, task.id)];
    const before = dependenciesOf(task);
    const outputs = new Map<TaskId, TaskResult['outputs'] | undefined>();
    for (const id of before) {
      const last = this.plans.get(id)?.result ?? (await this.#lastRecord(id));
      outputs.set(id, last?.outputs);
    }
    const { status } = await this.planner.statusOf(task, (id) => outputs.get(id)).catch(unreadableInput);
    if (status.state === 'waiting') return undefined;
    return status.state === 'cached' ? [] : status.reasons;
  }

  async #lastRecord(task: TaskId): Promise<TaskRecord | undefined> {
    const key = this.store.published(this.pipeline.name).latestKey(task);
    return key === undefined ? undefined : this.store.record(key);
  }
}

/** Why a task will run; of one that failed, how. */
function reasonsOf(status: Exclude<TaskStatus, { state: 'cached' | 'waiting' }>): readonly Reason[] {
  if (status.state !== 'failed') return status.reasons;
  const { code, message } = status.failure;
  return [{ code: 'failed', text: `${message} [${code}]` }, ...status.reasons.filter(({ code }) => code !== 'new')];
}

/** The tasks that made what is another now. */
function makersIn(reasons: readonly Reason[]): TaskId[] {
  return reasons.flatMap(({ changes = [] }) => changes.flatMap(({ task }) => task ?? []));
}

function wayDown(from: TaskId, below: ReadonlyMap<TaskId, TaskId | undefined>): TaskId[] {
  const way: TaskId[] = [];
  for (let id: TaskId | undefined = from; id !== undefined; id = below.get(id)) way.push(id);
  return way;
}
