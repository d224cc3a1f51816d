import { dependenciesOf } from '../../pipeline/expand/targets.js';
import { type Pipeline, pointOf, type Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { Artifact, TaskKey } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { RunEvent } from '../events.js';
import { Planner } from '../plan/planner.js';
import { publish } from './publish.js';
import type { Sharing } from './sharing.js';

/** Where the result of a task is. `unknown`: a task before it has none, so that nobody knows its key. */
export type Whereabouts = 'both' | 'local' | 'remote' | 'neither' | 'unknown';

export interface CacheTransferOptions {
  readonly tasks: readonly Task[];
  readonly sharing: Sharing;
  emit(event: RunEvent): void;
}

/** Carries results between a store and its remote cache, and computes nothing. */
export class CacheTransfer {
  readonly #planner: Planner;
  readonly #stop = sharedAbort();
  readonly #outputs = new Map<TaskId, Readonly<Record<string, Artifact>>>();
  #interrupted = false;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: CacheTransferOptions,
  ) {
    this.#planner = new Planner(pipeline, store);
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Ends the transfer. What is complete is kept. */
  interrupt(): void {
    if (!this.#interrupted) this.options.emit({ event: 'interrupted' });
    this.#interrupted = true;
    this.#stop.abort();
    this.options.sharing.interrupt();
  }

  /** Brings what can be had into the store. Returns how many results are here, and how many of them came just now. */
  async pull(): Promise<{ readonly here: number; readonly fetched: number }> {
    const { tasks, sharing, emit } = this.options;
    const started = performance.now();
    const remote = { ...sharing.remote, readOnly: true };
    emit({ event: 'start', pipeline: this.pipeline.name, tasks: tasks.map(pointOf), remote });
    const outcomes = await this.#inOrder((task) => this.#pull(task));
    await this.store.settled();
    const here = outcomes.filter((outcome) => outcome === 'cached').length;
    const counts = { ran: 0, cached: here, failed: 0, skipped: tasks.length - here };
    emit({ event: 'end', ...counts, seconds: since(started), ...sharing.counts });
    return { here, fetched: sharing.counts.fetched };
  }

  /** Gives the remote what the store has. Returns how many results that is. */
  async push(): Promise<{ readonly here: number; readonly uploaded: number }> {
    const { tasks, sharing, emit } = this.options;
    const started = performance.now();
    emit({ event: 'start', pipeline: this.pipeline.name, tasks: [], remote: sharing.remote });
    const plans = await this.#planner.plan(tasks);
    const keys = tasks.flatMap(({ id }) => {
      const key = plans.get(id)!.result?.key;
      return key === undefined ? [] : [[id, key] as const];
    });
    for (const [id, key] of keys) {
      const record = await this.store.record(key);
      if (record !== undefined && !this.#interrupted) sharing.give(id, record);
    }
    await sharing.settled();
    emit({ event: 'end', ran: 0, cached: 0, failed: 0, skipped: 0, seconds: since(started), ...sharing.counts });
    return { here: keys.length, uploaded: sharing.counts.uploaded };
  }

  /** Tells of each task where its result is. Only what is needed to tell that is read from the remote. */
  async whereabouts(): Promise<ReadonlyMap<TaskId, Whereabouts>> {
    const { tasks } = this.options;
    const places = await this.#inOrder((task) => this.#whereabouts(task));
    return new Map(tasks.map(({ id }, index) => [id, places[index]!]));
  }

  /** Does something with each task as soon as that is done with those before it. */
  async #inOrder<T>(each: (task: Task) => Promise<T>): Promise<T[]> {
    const all = new Map<TaskId, Promise<T>>();
    for (const task of this.options.tasks) {
      const before = dependenciesOf(task).flatMap((id) => all.get(id) ?? []);
      all.set(
        task.id,
        Promise.all(before).then(() => each(task)),
      );
    }
    return Promise.all(all.values());
  }

  async #pull(task: Task): Promise<'cached' | 'skipped'> {
    const { sharing, emit } = this.options;
    const started = performance.now();
    const { identity, result } = await this.#planner.statusOf(task, (id) => this.#outputs.get(id));
    const stopped = this.#interrupted || identity === undefined;
    const fetched = stopped || result ? undefined : await sharing.fetch(task.id, identity.key, this.#stop.signal);
    const found = result ?? fetched;
    const about = { event: 'task', task: task.id, seconds: since(started) } as const;
    if (found === undefined) {
      emit({ ...about, status: 'skipped' });
      return 'skipped';
    }
    this.#outputs.set(task.id, found.outputs);
    await publish(this.store, this.pipeline, task, found, emit);
    const from = fetched === undefined ? {} : ({ from: 'remote' } as const);
    emit({ ...about, status: 'cached', ...from, key: found.key, metrics: found.metrics });
    return 'cached';
  }

  async #whereabouts(task: Task): Promise<Whereabouts> {
    const { identity, result } = await this.#planner.statusOf(task, (id) => this.#outputs.get(id));
    if (identity === undefined) return 'unknown';
    const outputs = await this.#remoteOutputs(identity.key);
    const found = result?.outputs ?? outputs;
    if (found !== undefined) this.#outputs.set(task.id, found);
    if (result !== undefined) return outputs === undefined ? 'local' : 'both';
    return outputs === undefined ? 'neither' : 'remote';
  }

  async #remoteOutputs(key: TaskKey): Promise<Readonly<Record<string, Artifact>> | undefined> {
    const { cache } = this.options.sharing;
    const options = { signal: this.#stop.signal };
    const record = await cache.record(key, options);
    if (record === undefined) return undefined;
    return (await cache.has(Object.values(record.outputs), options)) ? record.outputs : undefined;
  }
}

const since = (started: number): number => Number(((performance.now() - started) / 1e3).toFixed(3));
