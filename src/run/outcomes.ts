import { after, type MaybePromise } from '../files/maybe-promise.js';
import { dependenciesOf } from '../pipeline/expand/targets.js';
import { type Pipeline, pointOf, type Task } from '../pipeline/expand/task.js';
import type { Store } from '../store/store.js';
import type { TaskKey, TaskResult } from '../store/types.js';
import type { MetricValue, TaskId } from '../values.js';
import type { Failure, RunEvent } from './events.js';
import type { RunOptions, RunResult } from './executor.js';
import { publish } from './share/publish.js';

export type Outcome = 'ran' | 'cached' | 'failed' | 'skipped';

/** What becomes of the tasks of a run, whoever computes them: kept, put into the readable tree, and told. */
export class Outcomes {
  /** Of tasks that are up to date. */
  readonly results: Map<TaskId, TaskResult>;
  readonly #outcomes = new Map<TaskId, Outcome>();
  readonly #started = performance.now();
  #failed = false;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: RunOptions,
  ) {
    this.results = new Map(options.given);
  }

  /** Undefined as long as nothing has become of it. */
  of(task: TaskId): Outcome | undefined {
    return this.#outcomes.get(task);
  }

  /** True once a task has failed, so that nothing else may begin. */
  get isStopping(): boolean {
    return this.#failed && !this.options.keepGoing;
  }

  /** True for a task that will never run: one before it has failed or was skipped, or the run comes to its end. */
  isHopeless(task: Task): boolean {
    const before = dependenciesOf(task).map((id) => this.#outcomes.get(id));
    return this.isStopping || before.some((outcome) => outcome === 'failed' || outcome === 'skipped');
  }

  /** Seconds since the run began, to the millisecond. */
  get seconds(): number {
    return secondsSince(this.#started);
  }

  begin(): void {
    const { tasks, sharing, emit } = this.options;
    const remote = sharing && { remote: sharing.remote };
    const about = { pipeline: this.pipeline.name, artifacts: this.store.folder, ...remote };
    emit({ event: 'start', tasks: tasks.map(pointOf), ...about });
  }

  end(interrupted: boolean): RunResult {
    const all = [...this.#outcomes.values()];
    const count = (outcome: Outcome) => all.filter((one) => one === outcome).length;
    const counts = { ran: count('ran'), cached: count('cached'), failed: count('failed'), skipped: count('skipped') };
    this.options.emit({ event: 'end', ...counts, seconds: this.seconds, ...this.options.sharing?.counts });
    return { ...counts, interrupted, results: this.results };
  }

  /** @param from where a cached result came from, if not from the store */
  done(
    task: Task,
    result: TaskResult,
    status: 'ran' | 'cached',
    seconds: number,
    from?: 'remote',
  ): MaybePromise<Outcome> {
    return after(publish(this.store, this.pipeline, task, result, this.options.emit), () => {
      this.results.set(task.id, result);
      const { key, metrics } = result;
      const origin = from && { from };
      this.options.emit({ event: 'task', task: task.id, status, ...origin, key, seconds, metrics });
      if (status === 'cached' && metrics.warnings !== undefined) this.#warnAgain(task, metrics.warnings);
      return this.#keep(task, status);
    });
  }

  /** What a stage leaves as the metric `warnings` goes for the result, not for the run that made it. */
  #warnAgain(task: Task, warnings: MetricValue): void {
    for (const line of [warnings].flat())
      if (typeof line === 'string') this.options.emit({ event: 'warning', message: `${task.id}: ${line}` });
  }

  /** @param key what it was to compute, if that is known */
  fail(task: Task, failure: Failure, seconds: number, key?: TaskKey): Outcome {
    this.#failed = true;
    this.options.emit({ event: 'task', task: task.id, status: 'failed', ...(key && { key }), seconds, failure });
    return this.#keep(task, 'failed');
  }

  /** What another executor has made of a task, and told. @param result where there is one */
  take(task: Task, event: Extract<RunEvent, { event: 'task' }>, result: TaskResult | undefined): Outcome {
    if (result !== undefined) this.results.set(task.id, result);
    if (event.status === 'failed') this.#failed = true;
    this.options.emit(event);
    return this.#keep(task, event.status);
  }

  /** Unless something has become of it already. */
  skipOpen(task: Task): void {
    if (this.of(task.id) === undefined) this.skip(task, this.seconds);
  }

  skip(task: Task, seconds: number): Outcome {
    this.options.emit({ event: 'task', task: task.id, status: 'skipped', seconds });
    return this.#keep(task, 'skipped');
  }

  #keep(task: Task, outcome: Outcome): Outcome {
    this.#outcomes.set(task.id, outcome);
    return outcome;
  }
}

/** To the millisecond. @param started as `performance.now()` told it */
export const secondsSince = (started: number): number => Math.round(performance.now() - started) / 1e3;
